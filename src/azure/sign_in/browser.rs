//! Signing in on a page: an authorization code with PKCE, which comes back to a port of this machine.
//!
//! The code comes in a form that the page posts: an address with a code would stay in the browser's history. Where the browser is on
//! another machine there is no other way than the address; it is pasted.

mod landing;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;
use uuid::Uuid;

use self::landing::{Listener, said_to};
use super::{
    challenge::parameter,
    desk::{Given, Seat, Way},
    endpoint::{Endpoint, Granted, scopes},
    person::{Wish, gave_up, said_by_page},
    returned::{Returned, Said},
};
use crate::{
    azure::{
        entra::payload,
        error::{Error, ErrorKind, Result, aadsts_number, clean},
    },
    secret::Secret,
};

/// One sign-in's own secrets.
struct Attempt {
    /// Proves that whoever redeems the code asked for it (PKCE).
    verifier: Secret,
    /// In the address for a browser here: comes back in a form.
    here: Secret,
    /// In the address for a browser elsewhere: comes back in an address.
    elsewhere: Secret,
    nonce: String,
    redirect: String,
}

/// Puts up the page's address, and waits until somebody has signed in there or refused.
pub(super) async fn sign_in(wish: Wish<'_>) -> Result<Granted> {
    let Wish { endpoint, desk, account, reason, scope, challenge } = wish;
    let listener = Listener::bind().await.map_err(|source| {
        let message = "no port of this machine could be opened for the browser to come back to";
        Error::new(ErrorKind::Local, "sign_in.browser", endpoint.tried(), message).with_source(source)
    })?;
    let attempt = Attempt {
        verifier: random(),
        here: random(),
        elsewhere: random(),
        nonce: random().expose().to_owned(),
        redirect: listener.redirect(),
    };
    let way = Way::Browser {
        here: attempt.address(&wish, &attempt.here, "form_post"),
        elsewhere: attempt.address(&wish, &attempt.elsewhere, "query"),
    };
    let mut seat = desk.seat(endpoint.tenant, account.map(str::to_owned), reason, way);
    let code = tokio::select! {
        landed = listener.land(&attempt.here, &attempt.elsewhere) => code_of(endpoint, landed),
        pasted = attempt.pasted(endpoint, &mut seat) => pasted,
    }?;
    let grant = vec![
        ("grant_type", Secret::new("authorization_code")),
        ("code", code),
        ("redirect_uri", Secret::new(attempt.redirect.as_str())),
        ("code_verifier", attempt.verifier.clone()),
    ];
    let granted = endpoint.token(grant, scope, challenge).await?;
    attempt.expect_nonce(endpoint, granted.id.as_ref())?;
    Ok(granted)
}

impl Attempt {
    fn address(&self, wish: &Wish<'_>, state: &Secret, mode: &str) -> Url {
        let Wish { endpoint, account, scope, challenge, .. } = *wish;
        let (client, scopes, claims) = (endpoint.client.to_string(), scopes(scope), parameter(challenge));
        let proof = URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.expose()));
        let mut query = vec![
            ("client_id", client.as_str()),
            ("response_type", "code"),
            ("response_mode", mode),
            ("redirect_uri", self.redirect.as_str()),
            ("scope", scopes.as_str()),
            ("state", state.expose()),
            ("nonce", self.nonce.as_str()),
            ("code_challenge", proof.as_str()),
            ("code_challenge_method", "S256"),
            ("claims", claims.as_str()),
        ];
        // Somebody was signed in: they and nobody else are to go on. A guest's name in the tenant is no account anywhere.
        match account.filter(|account| !account.contains("#EXT#")) {
            Some(account) => query.push(("login_hint", account)),
            None => query.push(("prompt", "select_account")),
        }
        endpoint.address("/oauth2/v2.0/authorize", &query)
    }

    /// Waits for an address that holds a code, or for a refusal.
    async fn pasted(&self, endpoint: &Endpoint, seat: &mut Seat) -> Result<Secret> {
        loop {
            let text = match seat.given().await {
                Given::GaveUp => return Err(gave_up(endpoint)),
                Given::Text(text) => text,
            };
            if let Some(landed) = said_to(Returned::read(text.expose()), [&self.here, &self.elsewhere]) {
                return code_of(endpoint, landed);
            }
            if let Some(refused) = said_by_page(endpoint, text.expose()) {
                return Err(refused);
            }
        }
    }

    /// The answer belongs to this sign-in and to no other that somebody has slipped in.
    fn expect_nonce(&self, endpoint: &Endpoint, id: Option<&Secret>) -> Result<()> {
        let claims: Option<Value> = id.and_then(payload).and_then(|payload| serde_json::from_slice(&payload).ok());
        if claims.is_some_and(|claims| claims["nonce"].as_str() == Some(&self.nonce)) {
            return Ok(());
        }
        let message = "the answer belongs to another sign-in; it was not used";
        Err(Error::new(ErrorKind::SignIn, "sign_in.browser", endpoint.tried(), message))
    }
}

fn code_of(endpoint: &Endpoint, landed: Said) -> Result<Secret> {
    match landed {
        Said::Code(code) => Ok(code),
        Said::Refused { error, description } => {
            let message = clean(description.split(" Trace ID").next().unwrap_or_default());
            Err(Error::new(ErrorKind::SignIn, "sign_in.browser", endpoint.tried(), message).with(|details| {
                details.aadsts = aadsts_number(&description);
                details.code = Some(clean(&error));
            }))
        }
    }
}

/// 244 random bits, in signs that a URL carries as they are; a verifier has to have 43 at least (RFC 7636).
fn random() -> Secret {
    Secret::new(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()))
}
