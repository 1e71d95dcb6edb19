//! Signing in with a code that is typed on another device (RFC 8628, as Entra has it).

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{
    challenge::{Challenge, parameter},
    desk::{Given, Way},
    endpoint::{Endpoint, Granted, number, scopes},
    person::{Wish, declined, gave_up, said_by_page},
};
use crate::{
    azure::{
        clock,
        error::{ErrorKind, Result, clean},
        http::Response,
    },
    secret::Secret,
};

/// Between two looks, where the service does not say.
const INTERVAL: Duration = Duration::from_secs(5);

/// What is added where the service finds the looks too frequent (RFC 8628, `slow_down`).
const SLOWER: Duration = Duration::from_secs(5);

/// How often a look may fail on the way before the sign-in does.
const LOST: u32 = 5;

#[derive(Deserialize)]
struct Wire {
    device_code: Secret,
    user_code: String,
    #[serde(alias = "verification_url")]
    verification_uri: Url,
    #[serde(default)]
    expires_in: Value,
    #[serde(default)]
    interval: Value,
}

/// What a person is asked for, and how it is looked for.
#[derive(Debug)]
pub(crate) struct Asked {
    device_code: Secret,
    /// What the person types.
    pub(crate) code: String,
    /// Where: over TLS, or on this machine.
    pub(crate) page: Url,
    /// How long the code is good for, in seconds.
    pub(crate) life: i64,
    /// The time between two looks.
    pub(crate) interval: Duration,
}

/// Reads the answer that names a code.
pub(crate) fn read_device_code(answer: &Response) -> Result<Asked> {
    let wire: Wire = answer.json()?;
    let interval = number(&wire.interval).and_then(|seconds| u64::try_from(seconds).ok());
    Ok(Asked {
        device_code: wire.device_code,
        code: clean(&wire.user_code),
        page: secure(answer, wire.verification_uri)?,
        life: number(&wire.expires_in).unwrap_or(900).clamp(1, 3600),
        interval: interval.map_or(INTERVAL, |seconds| Duration::from_secs(seconds.clamp(1, 60))),
    })
}

/// Asks a person to type a code, and another one where that has ended, until somebody has signed in or refused.
pub(super) async fn sign_in(wish: Wish<'_>) -> Result<Granted> {
    let Wish { endpoint, desk, account, reason, scope, challenge } = wish;
    let mut asked = false;
    loop {
        // A code that nobody will see is not asked for.
        if desk.closed() {
            return Err(gave_up(endpoint));
        }
        let fields = vec![("scope", Secret::new(scopes(scope))), ("claims", Secret::new(parameter(challenge)))];
        let call = endpoint.call("sign_in.device_code", "/oauth2/v2.0/devicecode", fields, &[]);
        let code = match endpoint.http.send(call).await {
            Ok(answer) => read_device_code(&answer)?,
            // Somebody is asked already: they need not begin anew for that.
            Err(error) if error.transient() && asked => {
                tokio::time::sleep(INTERVAL).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        asked = true;
        let ends = clock::now() + time::Duration::seconds(code.life);
        let way = Way::Code { code: code.code, page: code.page, ends };
        let mut seat = desk.seat(endpoint.tenant, account.map(str::to_owned), reason, way);
        let given = async {
            loop {
                match seat.given().await {
                    Given::GaveUp => return gave_up(endpoint),
                    Given::Text(text) => {
                        if let Some(refused) = said_by_page(endpoint, text.expose()) {
                            return refused;
                        }
                    }
                }
            }
        };
        tokio::select! {
            // Where the code has ended, there is another one: the person may have gone for lunch.
            granted = poll(endpoint, &code.device_code, code.interval, scope, challenge) => if let Some(granted) = granted? {
                return Ok(granted);
            },
            refused = given => return Err(refused),
        }
    }
}

/// Looks until somebody has typed the code; `None` where it has ended before.
async fn poll(
    endpoint: &Endpoint,
    device_code: &Secret,
    interval: Duration,
    scope: &str,
    challenge: Option<&Challenge>,
) -> Result<Option<Granted>> {
    let mut interval = interval;
    let mut lost = 0;
    loop {
        tokio::time::sleep(interval).await;
        let grant = vec![
            ("grant_type", Secret::new("urn:ietf:params:oauth:grant-type:device_code")),
            ("device_code", device_code.clone()),
        ];
        let error = match endpoint.token(grant, scope, challenge).await {
            Ok(granted) => return Ok(Some(granted)),
            Err(error) => error,
        };
        match error.code.as_deref() {
            Some("authorization_pending") => lost = 0,
            Some("slow_down") => interval += SLOWER,
            Some("expired_token" | "code_expired") => return Ok(None),
            Some("authorization_declined") => return Err(declined(endpoint)),
            // The person is still typing; a look that got lost is made again.
            _ if error.transient() && lost < LOST => lost += 1,
            _ => return Err(error),
        }
    }
}

/// A page for a code is shown to a person, who types it there: it has to be a safe one.
fn secure(answer: &Response, page: Url) -> Result<Url> {
    if page.scheme() == "https" || crate::azure::http::is_loopback(&page) {
        return Ok(page);
    }
    Err(answer.error(ErrorKind::Insecure, "the sign-in service names a page without TLS for the code"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        azure::{
            http::{Http, HttpOptions},
            sign_in::{desk::Desk, endpoint::AZURE_CLI},
            testing::cloud,
        },
        domain::{TenantId, sign_in::Reason},
    };

    #[tokio::test]
    async fn no_code_is_asked_for_at_a_closed_desk() {
        let (desk, http) = (Desk::default(), Http::new(HttpOptions::default()).unwrap());
        let login = Url::parse("https://login.example/").unwrap();
        let tenant = TenantId(uuid::Uuid::nil());
        let endpoint = Endpoint { http: http.clone(), cloud: cloud(&login), tenant, client: AZURE_CLI };
        let (_waiting, _closed) = (desk.waiting(), desk.close());
        let wish = Wish {
            endpoint: &endpoint,
            desk: &desk,
            account: None,
            reason: Reason::First,
            scope: "s/.default",
            challenge: None,
        };
        let Err(error) = sign_in(wish).await else { panic!("somebody signed in") };
        assert!(error.given_up(), "{error}");
        assert!(http.log().records().is_empty(), "nothing was sent");
    }
}
