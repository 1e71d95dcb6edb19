//! Tokens: fetched once an audience, renewed before they end, and proven to be of the right tenant.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use azure_core::{
    credentials::{TokenCredential, TokenRequestOptions},
    http::{ClientMethodOptions, Context},
};
use time::{Duration, OffsetDateTime};

use super::{attempts::Attempts, challenge::Challenge, classify::classify, names::Names, same_account::SameAccount};
use crate::{
    azure::{
        clock,
        entra::{Claims, decode_claims},
        error::{Error, ErrorKind, Result},
    },
    domain::{Operator, TenantId},
    secret::Secret,
};

/// A token that ends sooner is renewed.
const MARGIN: Duration = Duration::minutes(5);

/// The tokens of one operator in one tenant. Clones share them.
#[derive(Clone)]
pub struct Tokens(Arc<Inner>);

struct Inner {
    credential: Arc<dyn TokenCredential>,
    tenant: TenantId,
    /// What tenants are called.
    names: OnceLock<Names>,
    /// What a program is called whose tokens say only its id.
    called: OnceLock<String>,
    same: SameAccount,
    /// Whether a person can sign in to it outside, with `az login`.
    command_line: bool,
    /// One slot a scope. A slot is locked while its token is fetched, so that many callers make one request.
    slots: Mutex<HashMap<String, Slot>>,
}

type Slot = Arc<Audience>;

/// One audience's token.
#[derive(Default)]
struct Audience {
    held: tokio::sync::Mutex<Option<Held>>,
    attempts: Attempts,
}

#[derive(Clone)]
struct Held {
    token: Secret,
    expires: OffsetDateTime,
    claims: Claims,
}

/// Whose token a credential gives; `None` where it gives none. For looking who is there, before anybody is asked for.
pub async fn claims_of(credential: Arc<dyn TokenCredential>, scope: &str) -> Option<Claims> {
    let given = credential.get_token(&[scope], None).await.ok()?;
    decode_claims(&Secret::new(given.token.secret()))
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("tenant", &self.0.tenant).finish_non_exhaustive()
    }
}

impl Tokens {
    /// Tokens of `credential`, which are refused unless they are of `tenant`.
    pub fn new(credential: Arc<dyn TokenCredential>, tenant: TenantId) -> Self {
        Self::of(credential, tenant, false)
    }

    /// The same, of the Azure CLI: a person has to sign in there for what it cannot give.
    pub fn of_azure_cli(credential: Arc<dyn TokenCredential>, tenant: TenantId) -> Self {
        Self::of(credential, tenant, true)
    }

    fn of(credential: Arc<dyn TokenCredential>, tenant: TenantId, command_line: bool) -> Self {
        let (same, slots) = (SameAccount::default(), Mutex::default());
        let (names, called) = (OnceLock::new(), OnceLock::new());
        Self(Arc::new(Inner { credential, tenant, names, called, same, command_line, slots }))
    }

    /// Has failures name the tenant as people do.
    #[must_use]
    pub fn named_by(self, names: &Names) -> Self {
        self.0.names.get_or_init(|| names.clone());
        self
    }

    /// Has a program be told by a name that is known of it, where its tokens give none.
    #[must_use]
    pub fn called(self, name: Option<String>) -> Self {
        if let Some(name) = name {
            self.0.called.get_or_init(|| name);
        }
        self
    }

    /// The command with which a person proves what a service asks for, where that is done outside.
    pub fn command(&self, scope: &str, challenge: &Challenge) -> Option<String> {
        let (tenant, challenge) = (self.0.tenant, challenge.base64().filter(|_| self.0.command_line)?);
        Some(format!("az login --tenant {tenant} --scope {scope} --claims-challenge {challenge}"))
    }

    /// The tenant that the tokens are for.
    pub fn tenant(&self) -> TenantId {
        self.0.tenant
    }

    /// Who is signed in; `None` as long as no token was needed. Asks nobody.
    pub fn account(&self) -> Option<Operator> {
        self.0.same.first()
    }

    /// A token for a scope such as `https://graph.microsoft.com/.default`.
    pub async fn token(&self, scope: &str) -> Result<Secret> {
        Ok(self.held(scope).await?.token)
    }

    /// Who is signed in, as a token for `scope` says.
    pub async fn claims(&self, scope: &str) -> Result<Claims> {
        Ok(self.held(scope).await?.claims)
    }

    /// Another token than `refused`, which a service does not take any more, or not for this. `None` where the credential has no
    /// other: then the refusal stands.
    pub async fn renewed(
        &self,
        scope: &str,
        refused: &Secret,
        challenge: Option<&Challenge>,
    ) -> Result<Option<Secret>> {
        let audience = self.slot(scope);
        let queued = audience.attempts.queue();
        let mut slot = audience.held.lock().await;
        let is_refused = |held: &Held| held.token.expose() == refused.expose();
        if let Some(held) = slot.as_ref().filter(|held| !is_refused(held)) {
            // Whoever was refused before has renewed it.
            return Ok(Some(held.token.clone()));
        }
        if let Some(failed) = audience.attempts.failed_since(queued) {
            return Err(failed);
        }
        *slot = None;
        let fresh = audience.attempts.ended(self.fetch(scope, challenge).await)?;
        if is_refused(&fresh) {
            return Ok(None);
        }
        let token = fresh.token.clone();
        *slot = Some(fresh);
        Ok(Some(token))
    }

    fn slot(&self, scope: &str) -> Slot {
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(scope.to_owned()).or_default())
    }

    async fn held(&self, scope: &str) -> Result<Held> {
        let audience = self.slot(scope);
        let queued = audience.attempts.queue();
        let mut slot = audience.held.lock().await;
        if let Some(held) = slot.as_ref().filter(|held| held.expires - clock::now() > MARGIN) {
            return Ok(held.clone());
        }
        if let Some(failed) = audience.attempts.failed_since(queued) {
            return Err(failed);
        }
        let fresh = audience.attempts.ended(self.fetch(scope, None).await)?;
        *slot = Some(fresh.clone());
        Ok(fresh)
    }

    async fn fetch(&self, scope: &str, challenge: Option<&Challenge>) -> Result<Held> {
        let tenant = self.0.tenant;
        let named = self.0.names.get().map_or_else(|| format!("tenant {tenant}"), |names| names.of(tenant));
        let tried = format!("sign in to {named}");
        let failed = |kind, message: String| Error::new(kind, "sign_in.token", tried.clone(), message);
        let options = challenge.map(|challenge| TokenRequestOptions {
            method_options: ClientMethodOptions { context: Context::new().with_value(challenge.clone()) },
        });
        let given = self.0.credential.get_token(&[scope], options).await;
        let given = given.map_err(|error| with_command(classify(&tried, &error), tenant))?;
        let token = Secret::new(given.token.secret());
        // A token whose tenant cannot be read is not used: it might act in the wrong one.
        let mut claims = decode_claims(&token)
            .ok_or_else(|| failed(ErrorKind::SignIn, "the token does not say which tenant it is of".to_owned()))?;
        claims.name = claims.name.or_else(|| self.0.called.get().cloned());
        if claims.tid != tenant {
            let message = format!(
                "the token is of tenant {}, and not of tenant {tenant}; the account signed in belongs to another tenant",
                claims.tid
            );
            return Err(failed(ErrorKind::WrongTenant, message));
        }
        self.0.same.expect(&tried, &claims)?;
        Ok(Held { token, expires: given.expires_on, claims })
    }
}

/// Says how the Azure CLI gets the account that it lacks.
fn with_command(error: Error, tenant: TenantId) -> Error {
    match error.code.as_deref() {
        Some("AzureCliNotSignedIn" | "AzureCliSubscriptionNotFound") => error.with(|details| {
            details.message = format!("{} Sign in with: az login --tenant {tenant}", details.message);
        }),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use azure_core::credentials::{AccessToken, TokenRequestOptions};

    use super::*;
    use crate::azure::entra::tests::jwt;

    const TENANT: &str = "11111111-1111-4111-8111-111111111111";

    #[derive(Debug)]
    struct Fake {
        tid: &'static str,
        lives: Duration,
        asked: AtomicUsize,
        /// Whose token the second one is.
        second: u128,
        challenged: Mutex<Vec<Option<Challenge>>>,
    }

    #[async_trait::async_trait]
    impl TokenCredential for Fake {
        async fn get_token(
            &self,
            _: &[&str],
            options: Option<TokenRequestOptions<'_>>,
        ) -> azure_core::Result<AccessToken> {
            let before = self.asked.fetch_add(1, Ordering::SeqCst);
            let challenge = options.as_ref().and_then(|options| options.method_options.context.value().cloned());
            self.challenged.lock().unwrap().push(challenge);
            tokio::task::yield_now().await;
            let oid = uuid::Uuid::from_u128(if before == 0 { 1 } else { self.second }).to_string();
            let claims =
                serde_json::json!({ "tid": self.tid, "upn": "ana@contoso.example", "oid": oid, "uti": before });
            let token = jwt(&claims);
            Ok(AccessToken::new(token, clock::now() + self.lives))
        }
    }

    fn tokens(tid: &'static str, lives: Duration) -> (Arc<Fake>, Tokens) {
        let fake = Arc::new(Fake { tid, lives, asked: AtomicUsize::new(0), second: 1, challenged: Mutex::default() });
        (Arc::clone(&fake), Tokens::new(fake, TENANT.parse().unwrap()))
    }

    #[tokio::test]
    async fn a_token_that_was_refused_is_renewed_once_for_all_who_were_refused_with_it() {
        let (fake, tokens) = tokens(TENANT, Duration::hours(1));
        let refused = tokens.token("a/.default").await.unwrap();
        let challenge = Challenge("{}".to_owned());
        let one = tokens.renewed("a/.default", &refused, Some(&challenge)).await.unwrap().unwrap();
        let other = tokens.renewed("a/.default", &refused, None).await.unwrap().unwrap();
        assert!(one.expose() == other.expose() && one.expose() != refused.expose());
        assert_eq!(*fake.challenged.lock().unwrap(), [None, Some(challenge)]);
    }

    #[tokio::test]
    async fn a_token_of_another_account_than_before_is_refused_and_both_are_named() {
        let fake = Fake {
            tid: TENANT,
            lives: Duration::minutes(1),
            asked: AtomicUsize::new(0),
            second: 2,
            challenged: Mutex::default(),
        };
        let tokens = Tokens::new(Arc::new(fake), TENANT.parse().unwrap());
        tokens.token("a/.default").await.unwrap();
        let error = tokens.token("a/.default").await.unwrap_err();
        assert_eq!(error.code.as_deref(), Some("OtherAccount"), "{error}");
    }

    #[test]
    fn the_command_that_gets_an_account_is_said_where_there_is_none() {
        let failed = |code: &str| {
            let error = Error::new(ErrorKind::SignIn, "sign_in.token", "sign in", "Nobody.".to_owned());
            with_command(error.with(|details| details.code = Some(code.to_owned())), TENANT.parse().unwrap())
                .message
                .clone()
        };
        for lacking in ["AzureCliNotSignedIn", "AzureCliSubscriptionNotFound"] {
            assert_eq!(failed(lacking), format!("Nobody. Sign in with: az login --tenant {TENANT}"));
        }
        assert_eq!(failed("AzureCliNotFound"), "Nobody.");
    }

    #[tokio::test]
    async fn many_callers_make_one_request_a_scope() {
        let (fake, tokens) = tokens(TENANT, Duration::hours(1));
        let calls = (0..8).map(|_| tokens.token("a/.default"));
        for token in futures::future::join_all(calls).await {
            token.unwrap();
        }
        assert_eq!(fake.asked.load(Ordering::SeqCst), 1);
        tokens.token("b/.default").await.unwrap();
        assert_eq!(fake.asked.load(Ordering::SeqCst), 2);
        assert_eq!(tokens.claims("a/.default").await.unwrap().upn.as_deref(), Some("ana@contoso.example"));
    }

    /// Gives nothing, once the gate is open.
    #[derive(Debug)]
    struct Refuses {
        gate: tokio::sync::Semaphore,
        asked: AtomicUsize,
    }

    #[async_trait::async_trait]
    impl TokenCredential for Refuses {
        async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            assert!(self.gate.acquire().await.is_err(), "it opens by being closed");
            Err(azure_core::Error::with_message(azure_core::error::ErrorKind::Credential, "no"))
        }
    }

    #[tokio::test]
    async fn whoever_waited_for_a_token_that_was_refused_does_not_ask_again() {
        let refuses = Arc::new(Refuses { gate: tokio::sync::Semaphore::new(0), asked: AtomicUsize::new(0) });
        let tokens = Tokens::new(refuses.clone(), TENANT.parse().unwrap());
        let wishes = futures::future::join_all((0..8).map(|_| tokens.token("a/.default")));
        let (came, ()) = tokio::join!(wishes, async { refuses.gate.close() });
        assert!(came.iter().all(Result::is_err));
        assert_eq!(refuses.asked.load(Ordering::SeqCst), 1);
        tokens.token("a/.default").await.unwrap_err();
        assert_eq!(refuses.asked.load(Ordering::SeqCst), 2, "a later wish is another attempt");
    }

    #[tokio::test]
    async fn a_token_about_to_end_is_renewed() {
        let (fake, tokens) = tokens(TENANT, Duration::minutes(4));
        tokens.token("a/.default").await.unwrap();
        tokens.token("a/.default").await.unwrap();
        assert_eq!(fake.asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_token_of_another_tenant_is_refused_and_both_are_named() {
        let other = "22222222-2222-4222-8222-222222222222";
        let (_, tokens) = tokens(other, Duration::hours(1));
        let error = tokens.token("a/.default").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::WrongTenant);
        assert!(error.message.contains(other) && error.message.contains(TENANT), "{error}");
    }
}
