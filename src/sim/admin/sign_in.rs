//! What administrators and time do to those who are signed in.

use serde_json::{Value, json};

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use uuid::Uuid;

use super::acts::{app_id, text};
use crate::{
    domain::{AppId, KeyId},
    sim::{
        directory::{Application, Certificate, EXCHANGE_AUDIENCE, SignInPolicy, hex},
        entra::issuer,
        scenario::FederatedSpec,
        service::State,
        world::World,
    },
};

/// Some of a tenant's rules for signing in change; the others stay.
pub(super) fn policy(state: &State, body: &Value) -> Result<Value, String> {
    let name = text(body, "tenant")?;
    let mut world = state.world.lock();
    let id = world.tenant_named(name).ok_or_else(|| format!("there is no tenant {name}"))?.id;
    let policy = world.tenant_mut(id).map(|tenant| &mut tenant.policy.sign_in).ok_or("the tenant is gone")?;
    let mut merged = json!(policy);
    for (name, value) in body.as_object().into_iter().flatten().filter(|(name, _)| *name != "tenant") {
        merged[name] = value.clone();
    }
    *policy = serde_json::from_value::<SignInPolicy>(merged).map_err(|error| error.to_string())?;
    Ok(json!(policy))
}

/// The sessions of a person end, at home and wherever a guest.
pub(super) fn revoke(state: &State, body: &Value) -> Result<Value, String> {
    let name = text(body, "user")?;
    let mut world = state.world.lock();
    let now = world.now();
    let users = world.tenants.iter_mut().flat_map(|tenant| tenant.users.iter_mut());
    let mut found = 0;
    for user in users.filter(|user| user.upn.eq_ignore_ascii_case(name)) {
        user.sessions_valid_from = Some(now);
        found += 1;
    }
    if found == 0 { Err(format!("there is no person {name}")) } else { Ok(json!({"user": name, "directories": found})) }
}

/// Services take none of the access tokens that are out; refresh tokens go on working.
pub(super) fn end_tokens(state: &State) -> Value {
    let mut world = state.world.lock();
    let now = world.now();
    world.tokens_ended = Some(now);
    json!({"ended_at": now.unix_timestamp()})
}

/// How long access tokens live from now on, in seconds.
pub(super) fn token_life(state: &State, body: &Value) -> Result<Value, String> {
    let seconds = body["seconds"].as_u64().and_then(|seconds| u32::try_from(seconds).ok()).filter(|life| *life > 0);
    state.world.lock().token_life = seconds.ok_or("'seconds' is missing")?;
    Ok(body.clone())
}

fn application(world: &mut World, id: AppId) -> Result<&mut Application, String> {
    let mut apps = world.tenants.iter_mut().flat_map(|tenant| tenant.applications.values_mut());
    apps.find(|app| app.app_id == id && app.deleted.is_none()).ok_or_else(|| format!("there is no application {id}"))
}

/// An application gets a certificate: the one that is given, or one made here, whose private key is in the answer.
pub(super) fn certificate(state: &State, body: &Value) -> Result<Value, String> {
    let (pem, private_key) = match body["certificate"].as_str() {
        Some(pem) => (pem.to_owned(), Value::Null),
        None => made().map(|(pem, key)| (pem, json!(key))).ok_or("a certificate could not be made")?,
    };
    let certificate = Certificate::read(KeyId(Uuid::new_v4()), &pem).ok_or("'certificate' is no RSA certificate")?;
    let [thumbprint, _] = certificate.thumbprints();
    let answer = json!({
        "key_id": certificate.key_id,
        "thumbprint": hex(&thumbprint),
        "certificate": pem,
        "private_key": private_key,
    });
    application(&mut state.world.lock(), app_id(body)?)?.certificates.push(certificate);
    Ok(answer)
}

fn made() -> Option<(String, String)> {
    let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).ok()?;
    let mut params = CertificateParams::new(Vec::new()).ok()?;
    params.distinguished_name.push(DnType::CommonName, "simulated application");
    Some((params.self_signed(&pair).ok()?.pem(), pair.serialize_pem()))
}

/// The machine keeps its identities or loses them: its own, the others, or all by being no such machine.
pub(super) fn machine(state: &State, body: &Value) -> Result<Value, String> {
    let mut world = state.world.lock();
    let machine = world.machine.as_mut().ok_or("there is no machine")?;
    match body["lose"].as_str() {
        Some("system_assigned") => machine.system_assigned = None,
        Some("user_assigned") => machine.user_assigned.clear(),
        Some("all") => (machine.system_assigned, machine.user_assigned) = (None, Vec::new()),
        _ => return Err("'lose' is system_assigned, user_assigned or all".to_owned()),
    }
    let left = machine.system_assigned.iter().chain(&machine.user_assigned);
    Ok(json!({"left": left.map(|one| one.client_id).collect::<Vec<_>>()}))
}

/// Somebody else's word counts for an application from now on.
pub(super) fn federated_credential(state: &State, body: &Value) -> Result<Value, String> {
    let id = app_id(body)?;
    let mut spec = body.clone();
    if let Some(fields) = spec.as_object_mut() {
        fields.remove("app_id");
    }
    let spec: FederatedSpec = serde_json::from_value(spec).map_err(|error| error.to_string())?;
    let credential = spec.credential().ok_or("'cluster' or 'issuer' is missing")?;
    let answer = json!({
        "issuer": credential.issuer.url(&state.hosts),
        "subject": credential.subject,
        "audience": credential.audience,
    });
    application(&mut state.world.lock(), id)?.federated.push(credential);
    Ok(answer)
}

/// A token of a service account in a cluster, as a pod's file holds it.
pub(super) fn service_account_token(state: &State, body: &Value) -> Result<Value, String> {
    let (cluster, subject) = (text(body, "cluster")?, text(body, "subject")?);
    if !state.world.lock().clusters.iter().any(|known| known.name == cluster) {
        return Err(format!("there is no cluster {cluster}"));
    }
    let audience = body["audience"].as_str().unwrap_or(EXCHANGE_AUDIENCE);
    Ok(issuer::token(state, cluster, subject, audience, body["seconds"].as_i64().unwrap_or(3600)))
}
