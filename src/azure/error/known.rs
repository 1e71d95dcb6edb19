//! Answers of Azure that the program knows what to do about.

use super::{Error, ErrorKind};

impl Error {
    /// Whether the service's code, or one below it, is `code`.
    pub fn is(&self, code: &str) -> bool {
        self.code.iter().chain(&self.inner_codes).any(|own| own.eq_ignore_ascii_case(code))
    }

    /// Whether Entra's number is one of these.
    pub fn aadsts_is(&self, numbers: &[u32]) -> bool {
        self.aadsts.is_some_and(|own| numbers.contains(&own))
    }

    fn answered(&self, status: u16) -> bool {
        self.kind == ErrorKind::Service && self.status == Some(status)
    }

    fn says(&self, words: &str) -> bool {
        self.message.to_ascii_lowercase().contains(&words.to_ascii_lowercase())
    }

    /// The service itself says that it is not there. A 404 without a code, such as a gateway's, does not count.
    pub fn not_found(&self) -> bool {
        self.answered(404) && self.code.is_some()
    }

    /// A person ended the sign-in that it needed. Nothing was sent.
    pub fn given_up(&self) -> bool {
        self.kind == ErrorKind::SignIn && self.is("SignInGivenUp")
    }

    /// The caller may not do it.
    pub fn forbidden(&self) -> bool {
        self.answered(403)
    }

    /// The service itself says that there is no such thing, or that the caller may not see it. A refusal that a new sign-in
    /// may lift does not count.
    pub fn hidden(&self) -> bool {
        self.not_found() || self.forbidden() && !self.token_refused()
    }

    /// The token is not taken, or there is none.
    pub fn unauthorized(&self) -> bool {
        self.answered(401)
    }

    /// The service does not take this token: it has ended, was revoked, or does not prove enough. Nothing was done. A token of
    /// another tenant is a mistake that no renewal mends.
    pub fn token_refused(&self) -> bool {
        self.kind == ErrorKind::Service
            && (self.unauthorized() && !self.is("InvalidAuthenticationTokenTenant")
                || self.forbidden() && self.claims.is_some())
    }

    /// It collides with what is there or is going on.
    pub fn conflict(&self) -> bool {
        self.answered(409)
    }

    /// Too many requests.
    pub fn throttled(&self) -> bool {
        self.status == Some(429)
    }

    /// A replica does not know yet what has just been made. The texts of the 400 and the 403 are those the Azure CLI waits
    /// for; the 403 has the same text where rights are missing, so that waiting has to end.
    pub fn not_replicated(&self) -> bool {
        self.answered(404) && self.is("Request_ResourceNotFound")
            || self.answered(400) && self.says("does not reference a valid application object")
            || self.answered(403) && self.says("backing application of the service principal")
            || self.answered(400) && self.is("PrincipalNotFound")
    }

    /// An application holds the `uniqueName`; one in the recycle bin holds it too.
    pub fn unique_name_taken(&self) -> bool {
        self.answered(400) && self.says("same value for property uniqueName already exists")
    }

    /// The same scope, principal and role are assigned already, under another name.
    pub fn role_assignment_exists(&self) -> bool {
        self.answered(409) && self.is("RoleAssignmentExists")
    }

    /// Another operation runs on the cluster.
    pub fn cluster_busy(&self) -> bool {
        self.answered(409) && (self.is("OperationNotAllowed") || self.is("EtagMismatch") || self.is("Conflict"))
    }

    /// AKS could not sign in with the key it was given: wrong, or too fresh.
    pub fn cluster_credentials_refused(&self) -> bool {
        self.answered(400)
            && (self.says("credentials in ServicePrincipalProfile were invalid")
                || self.says("not found in Active Directory tenant"))
    }

    /// A rule of the tenant forbids the key or the audience.
    pub fn app_policy(&self) -> bool {
        self.code.iter().chain(&self.inner_codes).any(|code| code.ends_with("AsPerAppPolicy"))
    }

    /// The app has no principal in the tenant, or none that has replicated.
    pub fn app_not_in_tenant(&self) -> bool {
        self.aadsts_is(&[700_016, 700_011])
    }

    /// The key is wrong, or too fresh.
    pub fn wrong_secret(&self) -> bool {
        self.aadsts_is(&[7_000_215])
    }

    /// The key has ended.
    pub fn secret_expired(&self) -> bool {
        self.aadsts_is(&[7_000_222])
    }

    /// The app is disabled.
    pub fn app_disabled(&self) -> bool {
        self.aadsts_is(&[7_000_112])
    }

    /// The app is known, and its principal in the tenant is missing.
    pub fn principal_missing(&self) -> bool {
        self.aadsts_is(&[7_000_229])
    }

    /// No such tenant, or not in this cloud.
    pub fn tenant_unknown(&self) -> bool {
        self.aadsts_is(&[90_002])
    }

    /// The signed-in account does not exist in the tenant.
    pub fn user_not_in_tenant(&self) -> bool {
        self.aadsts_is(&[50_020, 16_000, 90_072])
    }

    /// The tenant is in another cloud.
    pub fn other_cloud(&self) -> bool {
        self.aadsts_is(&[90_038, 900_432, 900_382])
    }

    /// A person has to sign in: MFA, Conditional Access, an expired or revoked session, consent.
    pub fn needs_interaction(&self) -> bool {
        self.claims.is_some()
            || self.aadsts_is(&[
                50_076, 50_079, 50_072, 50_074, 50_078, 50_158, 50_173, 53_000, 53_001, 53_003, 53_004, 530_032,
                65_001, 70_008, 70_043, 70_044, 700_082, 700_084,
            ])
    }
}
