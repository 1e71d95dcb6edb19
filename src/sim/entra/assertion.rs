//! An application that proves itself with a signed assertion: by its own certificate, or by another issuer's word.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde_json::Value;
use time::{OffsetDateTime, macros::format_description};

use super::{Refusal, State, entra_error};
use crate::{
    domain::{AppId, TenantId},
    sim::{
        directory::{Application, hex},
        tokens,
        world::World,
    },
};

/// The one kind of assertion there is.
pub(super) const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An assertion, read but not believed.
struct Assertion<'a> {
    text: &'a str,
    header: Header,
    claims: Value,
}

/// Whether the assertion proves the application to this tenant.
pub(super) fn proven(state: &State, world: &World, tenant: TenantId, client: AppId, text: &str) -> Result<(), Refusal> {
    let malformed = || refused(50027, "JWT token is invalid or malformed.");
    let header = jsonwebtoken::decode_header(text).map_err(|_| malformed())?;
    let payload = text.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims = payload.and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(malformed)?;
    let assertion = Assertion { text, header, claims };
    let (_, app) = world.application(client).ok_or_else(malformed)?;
    // An application that signs for itself is its own issuer; every other issuer has an address.
    if assertion.claim("iss").starts_with("http") {
        assertion.by_federation(state, app)?;
    } else {
        assertion.by_certificate(state, world, tenant, app)?;
    }
    assertion.in_time(world.now())
}

impl Assertion<'_> {
    fn claim(&self, name: &str) -> &str {
        self.claims[name].as_str().unwrap_or_default()
    }

    /// `aud` is a text or a list of them.
    fn is_for(&self, fits: impl Fn(&str) -> bool) -> bool {
        let one = self.claims["aud"].as_str().into_iter();
        let many = self.claims["aud"].as_array().into_iter().flatten().filter_map(Value::as_str);
        one.chain(many).any(fits)
    }

    fn by_certificate(&self, state: &State, world: &World, tenant: TenantId, app: &Application) -> Result<(), Refusal> {
        let named = [&self.header.x5t, &self.header.x5t_s256];
        let named = named.into_iter().flatten().find_map(|text| thumbprint(text)).unwrap_or_default();
        let known = app.certificates.iter().find(|certificate| certificate.thumbprints().contains(&named));
        let Some(certificate) = known else {
            let message = format!(
                "The certificate with identifier used to sign the client assertion is not registered on application. \
                 [Reason - The key was not found., Thumbprint of key used by client: '{}', Please visit the Azure \
                 Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '{}'.]",
                hex(&named),
                app.app_id
            );
            return Err(refused(700_027, &message));
        };
        let signed = certificate.verifying_key().is_some_and(|key| {
            let mut validation = Validation::new(Algorithm::RS256);
            validation.algorithms = vec![Algorithm::RS256, Algorithm::PS256];
            validation.validate_exp = false;
            validation.validate_aud = false;
            validation.required_spec_claims.clear();
            jsonwebtoken::decode::<Value>(self.text, &key, &validation).is_ok()
        });
        if !signed {
            let message = format!(
                "Client assertion contains an invalid signature. [Reason - The key was found, but use of the key to \
                 verify the signature failed., Thumbprint of key used by client: '{}'.]",
                hex(&named)
            );
            return Err(refused(700_027, &message));
        }
        let id = app.app_id.to_string();
        if ["iss", "sub"].iter().any(|name| !self.claim(name).eq_ignore_ascii_case(&id)) {
            let message = "Client assertion application identifier doesn't match 'client_id' parameter.";
            return Err(refused(700_021, message));
        }
        let domain = world.tenant(tenant).map_or("", |tenant| tenant.domain.as_str());
        if self.is_for(|audience| is_ours(&state.hosts.login, &[&tenant.to_string(), domain], audience)) {
            return Ok(());
        }
        Err(refused(700_023, "Client assertion audience claim does not match Realm issuer."))
    }

    fn by_federation(&self, state: &State, app: &Application) -> Result<(), Refusal> {
        let (issuer, subject) = (self.claim("iss"), self.claim("sub"));
        let advice = "Check your federated identity credential Subject, Audience and Issuer against the presented \
                      assertion.";
        if app.federated.is_empty() {
            let message = format!(
                "No matching federated identity record found for presented assertion. Assertion Issuer: '{issuer}'. \
                 Assertion Subject: '{subject}'. {advice}"
            );
            return Err(refused(70021, &message));
        }
        let mut left: Vec<_> = app.federated.iter().collect();
        let mut keep = |fits: &dyn Fn(&&crate::sim::directory::FederatedCredential) -> bool, number, what: &str| {
            left.retain(|one| fits(one));
            let message =
                format!("No matching federated identity record found for presented assertion {what}. {advice}");
            if left.is_empty() { Err(refused(number, &message)) } else { Ok(()) }
        };
        keep(&|one| one.issuer.url(&state.hosts) == issuer, 700_211, &format!("issuer '{issuer}'"))?;
        keep(&|one| one.subject == subject, 700_213, &format!("subject '{subject}'"))?;
        keep(
            &|one| self.is_for(|audience| audience == one.audience),
            700_212,
            &format!("audience '{}'", self.claims["aud"]),
        )?;
        if tokens::verified(self.text).is_none() {
            return Err(refused(50013, "Assertion failed signature validation."));
        }
        Ok(())
    }

    fn in_time(&self, now: OffsetDateTime) -> Result<(), Refusal> {
        let moment = |name: &str| self.claims[name].as_i64();
        let (from, until) = (moment("nbf").unwrap_or_default(), moment("exp").unwrap_or_default());
        // Clocks differ by a little.
        let now = now.unix_timestamp();
        if from <= now + 300 && now < until {
            return Ok(());
        }
        let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].0000000Z");
        let date = |seconds: i64| {
            OffsetDateTime::from_unix_timestamp(seconds).ok().and_then(|at| at.format(form).ok()).unwrap_or_default()
        };
        let message = format!(
            "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry \
             time of assertion {}. Review the documentation at \
             https://learn.microsoft.com/entra/identity-platform/certificate-credentials.",
            date(now),
            date(from),
            date(until)
        );
        Err(refused(700_024, &message))
    }
}

/// The token endpoint or the issuer of a tenant, under its id or its domain, v1 or v2.
fn is_ours(login: &str, names: &[&str], audience: &str) -> bool {
    let audience = audience.trim_end_matches('/');
    let fits = |name: &&str| {
        ["oauth2/v2.0/token", "oauth2/token", "v2.0"]
            .iter()
            .any(|path| audience.eq_ignore_ascii_case(&format!("{login}/{name}/{path}")))
            || audience.eq_ignore_ascii_case(&format!("https://sts.windows.net/{name}"))
    };
    names.iter().any(fits)
}

/// Libraries write thumbprints in either alphabet, padded or not.
fn thumbprint(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    URL_SAFE_NO_PAD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok()
}

fn refused(number: u32, message: &str) -> Refusal {
    Refusal::from(entra_error(401, "invalid_client", number, message))
}
