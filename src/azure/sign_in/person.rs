//! An operator who signs in here, in a browser or with a code. What keeps them signed in is in memory only.

use std::sync::Arc;

use azure_core::{
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    error::ErrorKind as CoreKind,
};
use tokio::sync::Mutex;
use url::form_urlencoded;
use uuid::Uuid;

use super::{
    attempts::Attempts,
    browser,
    challenge::Challenge,
    desk::Desk,
    device_code,
    endpoint::{AZURE_CLI, Endpoint, Granted},
    same_account::SameAccount,
};
use crate::{
    azure::{
        entra::decode_claims,
        error::{Error, ErrorKind, Result, aadsts_number, clean},
        http::Http,
    },
    domain::{AppId, Cloud, TenantId, sign_in::Reason},
    secret::Secret,
};

/// Where a person types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// Into a page that a browser shows.
    Browser,
    /// A code, into a page on any device.
    DeviceCode,
}

/// One sign-in that is wanted of a person.
#[derive(Clone, Copy)]
pub(super) struct Wish<'a> {
    /// Where.
    pub(super) endpoint: &'a Endpoint,
    /// Where it waits for the person.
    pub(super) desk: &'a Desk,
    /// Who is expected, where somebody was signed in before.
    pub(super) account: Option<&'a str>,
    pub(super) reason: Reason,
    pub(super) scope: &'a str,
    /// What the sign-in has to prove.
    pub(super) challenge: Option<&'a Challenge>,
}

/// Signs in as whoever sits here, for the public client `client`, the Azure CLI's where none is named.
pub fn person(
    http: &Http,
    cloud: &Arc<Cloud>,
    tenant: TenantId,
    client: Option<AppId>,
    means: Means,
    desk: &Desk,
) -> Arc<dyn TokenCredential> {
    let endpoint =
        Endpoint { http: http.clone(), cloud: Arc::clone(cloud), tenant, client: client.unwrap_or(AZURE_CLI) };
    Arc::new(Person {
        endpoint,
        means,
        desk: desk.clone(),
        same: SameAccount::default(),
        session: Mutex::default(),
        attempts: Attempts::default(),
    })
}

#[derive(Debug)]
struct Person {
    endpoint: Endpoint,
    means: Means,
    desk: Desk,
    same: SameAccount,
    /// Held while somebody signs in: whoever else wants a token waits for the same sign-in.
    session: Mutex<Session>,
    attempts: Attempts,
}

#[derive(Debug, Default)]
struct Session {
    /// Keeps the person signed in. It changes with each use.
    refresh: Option<Secret>,
    /// Who that is.
    account: Option<String>,
}

#[async_trait::async_trait]
impl TokenCredential for Person {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let [scope] = scopes else {
            return Err(azure_core::Error::with_message(CoreKind::Credential, "one scope at a time is asked for"));
        };
        let challenge = options.as_ref().and_then(|options| options.method_options.context.value::<Challenge>());
        let granted = self
            .token(scope, challenge)
            .await
            .map_err(|error| azure_core::Error::with_error(CoreKind::Credential, error, "nobody could be signed in"))?;
        Ok(AccessToken::new(granted.access.expose().to_owned(), granted.expires))
    }
}

impl Person {
    async fn token(&self, scope: &str, challenge: Option<&Challenge>) -> Result<Granted> {
        let queued = self.attempts.queue();
        let mut session = self.session.lock().await;
        if let Some(failed) = self.attempts.failed_since(queued) {
            return Err(failed);
        }
        let mut challenge = challenge.cloned();
        let mut reason = if challenge.is_some() { Reason::MoreProof } else { Reason::First };
        if let Some(refresh) = session.refresh.clone() {
            match self.endpoint.refresh(&refresh, scope, challenge.as_ref()).await {
                Ok(granted) => return self.keep(&mut session, granted),
                Err(error) if !wants_person(&error) => return Err(error),
                Err(error) => {
                    if error.is("invalid_grant") && !wants_more_proof(&error) {
                        session.refresh = None;
                    }
                    reason = if wants_more_proof(&error) { Reason::MoreProof } else { Reason::Again };
                    // What Entra asks for now says more than what a service asked for before.
                    challenge = error.claims.clone().map(Challenge).or(challenge);
                }
            }
        }
        if !self.desk.attended() {
            let message = "a person has to sign in for this, and there is nobody here who could be asked";
            return Err(self.failed("NobodyToAsk", message));
        }
        let wish = Wish {
            endpoint: &self.endpoint,
            desk: &self.desk,
            account: session.account.as_deref(),
            reason,
            scope,
            challenge: challenge.as_ref(),
        };
        let granted = match self.means {
            Means::Browser => browser::sign_in(wish).await,
            Means::DeviceCode => device_code::sign_in(wish).await,
        };
        self.attempts.ended(granted.and_then(|granted| self.keep(&mut session, granted)))
    }

    fn keep(&self, session: &mut Session, granted: Granted) -> Result<Granted> {
        let claims = decode_claims(&granted.access).or_else(|| decode_claims(granted.id.as_ref()?));
        if let Some(claims) = &claims {
            // Somebody else's session is not kept: the next try asks for the right person again.
            self.same.expect(&self.endpoint.tried(), claims)?;
            // What a guest is called at home is in the token for this program; services are told another name.
            let own = granted.id.as_ref().and_then(decode_claims).and_then(|own| own.upn);
            session.account = own.or_else(|| claims.upn.clone()).or_else(|| session.account.take());
        }
        if let Some(refresh) = &granted.refresh {
            session.refresh = Some(refresh.clone());
        }
        Ok(granted)
    }

    fn failed(&self, code: &str, message: &str) -> Error {
        failed(&self.endpoint, code, message)
    }
}

/// Whether the session is good, and not enough.
fn wants_more_proof(error: &Error) -> bool {
    error.claims.is_some()
        || error.is("interaction_required")
        || error.aadsts_is(&[50_072, 50_074, 50_076, 50_079, 50_158])
}

/// Whether a session cannot be prolonged without the person.
fn wants_person(error: &Error) -> bool {
    error.kind == ErrorKind::Service
        && (error.needs_interaction()
            || ["invalid_grant", "interaction_required", "login_required", "consent_required"]
                .iter()
                .any(|code| error.is(code)))
}

fn failed(endpoint: &Endpoint, code: &str, message: &str) -> Error {
    Error::new(ErrorKind::SignIn, "sign_in.person", endpoint.tried(), message)
        .with(|details| details.code = Some(code.to_owned()))
}

/// The person does not want to sign in.
pub(super) fn gave_up(endpoint: &Endpoint) -> Error {
    failed(endpoint, "SignInGivenUp", "the sign-in was left here before it was done; Azure refused nothing")
}

/// The person has chosen on the page not to.
pub(super) fn declined(endpoint: &Endpoint) -> Error {
    failed(endpoint, "SignInDeclined", "the sign-in was declined on its page")
}

/// What a page said instead of going on, where a text holds one of Entra's numbers. Such pages never lead back.
pub(super) fn said_by_page(endpoint: &Endpoint, text: &str) -> Option<Error> {
    said(&endpoint.tried(), text)
}

fn said(tried: &str, text: &str) -> Option<Error> {
    let number = aadsts_number(text)?;
    let words = clean(text);
    let from = words.find("AADSTS").unwrap_or_default();
    let in_address = words[..from].rsplit(' ').next().is_some_and(|before| before.contains('='));
    let words = match form_urlencoded::parse(&words.as_bytes()[from..]).next() {
        // Of an address no more than the sentence: its other fields are nobody's to read.
        Some((sentence, _)) if in_address => sentence,
        _ => words[from..].into(),
    };
    // A whole page is pasted as easily as its sentence: ids and a footer follow.
    let end = ["Trace ID:", "Request Id:"].iter().filter_map(|label| words.find(label)).min().unwrap_or(words.len());
    Some(Error::new(ErrorKind::SignIn, "sign_in.person", tried, words[..end].trim_end()).with(|details| {
        details.aadsts = Some(number);
        details.request_id = id_behind(&["Request Id:", "Trace ID:"], &words);
        details.correlation_id = id_behind(&["Correlation Id:", "Correlation ID:"], &words);
    }))
}

fn id_behind(labels: &[&str], words: &str) -> Option<String> {
    let (_, rest) = labels.iter().find_map(|label| words.split_once(label))?;
    let id: Uuid = rest.split_whitespace().next()?.parse().ok()?;
    Some(id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::{http::HttpOptions, testing::cloud};

    #[test]
    fn of_a_whole_page_the_sentence_and_the_ids_are_kept() {
        let page = "Sign in\nSorry, but we're having trouble signing you in.\n\nAADSTS53003: Access has been blocked.\n\
                    Request Id: 9eefad96-7374-4406-90ab-b02fa7722b2f\nCorrelation Id: 18f90a4a-d051-401e-aebd-1d84f834389b\n\
                    Timestamp: 2026-11-26T15:47:46Z\nPrivacy";
        let error = said("sign in", page).unwrap();
        assert_eq!((error.aadsts, error.message.as_str()), (Some(53_003), "AADSTS53003: Access has been blocked."));
        assert_eq!(error.request_id.as_deref(), Some("9eefad96-7374-4406-90ab-b02fa7722b2f"));
        assert_eq!(error.correlation_id.as_deref(), Some("18f90a4a-d051-401e-aebd-1d84f834389b"));
        let answer =
            said("sign in", "AADSTS53003: Blocked. Trace ID: not-an-id Correlation ID: x Timestamp: 1").unwrap();
        assert_eq!(answer.message, "AADSTS53003: Blocked.");
        assert_eq!((answer.request_id.as_deref(), answer.correlation_id.as_deref()), (None, None));
        assert!(said("sign in", "http://localhost/?code=x").is_none());
    }

    #[test]
    fn of_a_pasted_address_only_its_sentence_is_repeated() {
        let login = url::Url::parse("https://login.example/").unwrap();
        let http = Http::new(HttpOptions::default()).unwrap();
        let tenant = TenantId(uuid::Uuid::nil());
        let endpoint = Endpoint { http, cloud: cloud(&login), tenant, client: AZURE_CLI };
        let said = |text: &str| said_by_page(&endpoint, text).map(|error| error.message.clone());
        let sentence = "AADSTS65004: User declined to consent.";
        assert_eq!(said(&format!("Sorry, but {sentence} Trace ID: 1")).as_deref(), Some(sentence));
        let query = "error=access_denied&error_description=AADSTS65004%3a+User+declined+to+consent.&state=hunter2";
        for landed in
            [query.to_owned(), format!("http://localhost:1/?{query}"), format!("it was http://localhost:1/?{query}")]
        {
            assert_eq!(said(&landed).as_deref(), Some(sentence), "{landed}");
        }
    }

    #[tokio::test]
    async fn one_refusal_is_one_for_all_who_waited_for_the_sign_in() {
        let (desk, login) = (Desk::default(), url::Url::parse("https://login.example/").unwrap());
        let mut waiting = desk.waiting();
        let http = Http::new(HttpOptions::default()).unwrap();
        let person = person(&http, &cloud(&login), TenantId(uuid::Uuid::nil()), None, Means::Browser, &desk);
        let wishes = (0..8).map(|number| {
            let person = Arc::clone(&person);
            async move { person.get_token(&[&format!("{number}/.default")], None).await.is_err() }
        });
        let mut asked = Vec::new();
        let refusing = async {
            loop {
                for wanted in waiting.borrow_and_update().clone() {
                    asked.push(wanted.id);
                    desk.give_up(wanted.id);
                }
                waiting.changed().await.unwrap();
            }
        };
        tokio::select! {
            // All eight wait before the first is refused.
            biased;
            refused = futures::future::join_all(wishes) => assert_eq!(refused, [true; 8]),
            () = refusing => unreachable!("people refuse for ever"),
        }
        asked.dedup();
        assert_eq!(asked.len(), 1, "{asked:?}");
    }
}
