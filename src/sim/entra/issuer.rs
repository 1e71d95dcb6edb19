//! The issuer that each cluster is to Entra: its service accounts have tokens that can be exchanged.

use serde_json::{Value, json};

use super::{Answer, Call, Refusal, State, json as answer};
use crate::sim::{directory::Issuer, service::empty, tokens};

/// The discovery document of a cluster's issuer.
pub(super) fn document(state: &State, call: &Call) -> Answer {
    let issuer = issuer(state, call)?;
    Ok(answer(
        200,
        &json!({
            "issuer": issuer,
            "jwks_uri": format!("{issuer}/openid/v1/jwks"),
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }),
    ))
}

/// Its keys.
pub(super) fn keys(state: &State, call: &Call) -> Answer {
    issuer(state, call).map(|_| answer(200, &tokens::key_set()))
}

fn issuer(state: &State, call: &Call) -> Result<String, Refusal> {
    let name = call.param("cluster");
    let known = state.world.lock().clusters.iter().any(|cluster| cluster.name == name);
    if known { Ok(Issuer::Cluster(name.to_owned()).url(&state.hosts)) } else { Err(Refusal::from(empty(404))) }
}

/// A service account's token, as a pod finds it in a file.
pub(in crate::sim) fn token(state: &State, cluster: &str, subject: &str, audience: &str, seconds: i64) -> Value {
    let issuer = Issuer::Cluster(cluster.to_owned()).url(&state.hosts);
    let now = state.world.lock().now().unix_timestamp();
    let token = tokens::signed(&json!({
        "iss": issuer,
        "sub": subject,
        "aud": [audience],
        "iat": now,
        "nbf": now,
        "exp": now + seconds,
    }));
    json!({"token": token, "issuer": issuer, "subject": subject, "audience": audience})
}
