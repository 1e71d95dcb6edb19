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
        error::{Error, ErrorKind, Result, clean},
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
        let wire: Wire = match endpoint.http.send(call).await {
            Ok(answer) => answer.json()?,
            // Somebody is asked already: they need not begin anew for that.
            Err(error) if error.transient() && asked => {
                tokio::time::sleep(INTERVAL).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        asked = true;
        let life = number(&wire.expires_in).unwrap_or(900).clamp(1, 3600);
        let way = Way::Code {
            code: clean(&wire.user_code),
            page: secure(endpoint, wire.verification_uri)?,
            ends: clock::now() + time::Duration::seconds(life),
        };
        let mut seat = desk.seat(endpoint.tenant, account.map(str::to_owned), reason, way);
        let interval = number(&wire.interval).and_then(|seconds| u64::try_from(seconds).ok());
        let interval = interval.map_or(INTERVAL, |seconds| Duration::from_secs(seconds.clamp(1, 60)));
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
            granted = poll(endpoint, &wire.device_code, interval, scope, challenge) => if let Some(granted) = granted? {
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
fn secure(endpoint: &Endpoint, page: Url) -> Result<Url> {
    if page.scheme() == "https" || crate::azure::http::is_loopback(&page) {
        return Ok(page);
    }
    let message = "the sign-in service names a page without TLS for the code";
    Err(Error::new(ErrorKind::Insecure, "sign_in.device_code", endpoint.tried(), message))
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
