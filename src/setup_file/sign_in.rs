//! How somebody signs in, as a table of a setup file says it. Values are never repeated in messages: a secret may have been
//! pasted where its variable's name or the client id belongs.

use std::{path::PathBuf, str::FromStr};

use toml::de::DeValue;

use super::section::{Mistakes, Section, not_one_of};
use crate::{
    domain::{
        AppId, rules,
        sign_in::{SignIn, SignInKind},
    },
    paths,
};

/// The keys that say more about a sign-in, each with the kinds that it belongs to.
const FIELDS: [(&str, &[SignInKind]); 4] = [
    (
        "client_id",
        &[
            SignInKind::Browser,
            SignInKind::DeviceCode,
            SignInKind::ServicePrincipal,
            SignInKind::WorkloadIdentity,
            SignInKind::ManagedIdentity,
        ],
    ),
    ("client_secret_env", &[SignInKind::ServicePrincipal]),
    ("client_certificate", &[SignInKind::ServicePrincipal]),
    ("federated_token_file", &[SignInKind::WorkloadIdentity]),
];

const NONE: &str = "none";

/// A mistake that has been added to the list.
pub(super) struct Told;

/// How somebody signs in; `None` is "none".
pub(super) fn read(
    section: Section<'_, '_>,
    may_be_none: bool,
    mistakes: &mut Mistakes<'_>,
) -> Result<Option<SignIn>, Told> {
    let kinds: Vec<&str> = SignInKind::ALL.iter().map(|kind| kind.name()).chain(may_be_none.then_some(NONE)).collect();
    let names = FIELDS.map(|(name, _)| name);
    let beside = names.into_iter().find(|key| section.entry(key).is_some());
    let (kind, fields) = match section.entry("sign_in").map(|(key, value)| (key, value.get_ref())) {
        None => (Some(SignInKind::AzureCli.name()), section),
        Some((_, DeValue::String(kind))) => (Some(kind.as_ref()), section),
        Some((key, DeValue::Table(table))) => {
            let name = if may_be_none { "registry.sign_in" } else { "cluster.sign_in" };
            let inline = Section::inline(name, key.start, table);
            let known: Vec<&str> = ["kind"].into_iter().chain(names).collect();
            inline.refuse_unknown(&known, &[], mistakes);
            if inline.entry("kind").is_none() {
                inline.mistake("kind", not_one_of("", kinds.iter().copied()), mistakes);
                return Err(Told);
            }
            if let Some(beside) = beside {
                section.mistake(beside, "belongs into the braces of sign_in, or sign_in is a plain text", mistakes);
            }
            (inline.text("kind", mistakes), inline)
        }
        Some(_) => {
            section.mistake("sign_in", not_one_of("", kinds.iter().copied()), mistakes);
            return Err(Told);
        }
    };
    let kind = kind.ok_or(Told)?;
    if kind == NONE && may_be_none {
        refuse_fields(fields, None, mistakes);
        return Ok(None);
    }
    let Some(kind) = SignInKind::ALL.into_iter().find(|known| known.name() == kind) else {
        let what = if kind == NONE {
            "somebody has to sign in to the cluster's tenant: \"azure-cli\", \"browser\" or another way".to_owned()
        } else {
            not_one_of(kind, kinds.iter().copied())
        };
        section.mistake("sign_in", what, mistakes);
        return Err(Told);
    };
    refuse_fields(fields, Some(kind), mistakes);
    of_kind(kind, fields, mistakes).map(Some).ok_or(Told)
}

/// Refuses the keys that belong to another kind.
fn refuse_fields(section: Section<'_, '_>, kind: Option<SignInKind>, mistakes: &mut Mistakes<'_>) {
    for (name, kinds) in FIELDS {
        if section.entry(name).is_some() && kind.is_none_or(|kind| !kinds.contains(&kind)) {
            let kinds: Vec<String> = kinds.iter().map(|kind| format!("\"{}\"", kind.name())).collect();
            let what = format!("belongs to sign_in = {}, and the sign-in is another", kinds.join(" or "));
            section.mistake(name, what, mistakes);
        }
    }
}

fn of_kind(kind: SignInKind, section: Section<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<SignIn> {
    let client_id = match id(section, mistakes) {
        Ok(id) => id,
        // Told already; what else is wrong is told as well.
        Err(Told) if kind == SignInKind::ServicePrincipal => None,
        Err(Told) => return None,
    };
    match kind {
        SignInKind::AzureCli => Some(SignIn::AzureCli),
        SignInKind::AzureDeveloperCli => Some(SignIn::AzureDeveloperCli),
        SignInKind::Browser => Some(SignIn::Browser { client_id }),
        SignInKind::DeviceCode => Some(SignIn::DeviceCode { client_id }),
        SignInKind::ManagedIdentity => Some(SignIn::ManagedIdentity { client_id }),
        SignInKind::WorkloadIdentity => {
            let token_file = path(section, "federated_token_file", mistakes).ok()?;
            Some(SignIn::WorkloadIdentity { client_id, token_file })
        }
        SignInKind::ServicePrincipal => service_principal(client_id, section, mistakes),
    }
}

fn service_principal(
    client_id: Option<AppId>,
    section: Section<'_, '_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<SignIn> {
    if section.entry("client_id").is_none() {
        let what = "is missing: the client (application) id of the service principal that signs in";
        section.mistake("client_id", what, mistakes);
    }
    let (secret, certificate) = (section.entry("client_secret_env"), section.entry("client_certificate"));
    if secret.is_some() && certificate.is_some() {
        let what = "stands beside client_secret_env: one of the two is enough";
        section.mistake("client_certificate", what, mistakes);
        return None;
    }
    if certificate.is_some() {
        let client_certificate = path(section, "client_certificate", mistakes).ok()??;
        return Some(SignIn::Certificate { client_id: client_id?, client_certificate });
    }
    if secret.is_none() {
        let what = "is missing: the name of the environment variable that holds the secret. With a certificate, \
                    client_certificate names its file instead";
        section.mistake("client_secret_env", what, mistakes);
    }
    let variable = section.text("client_secret_env", mistakes).filter(|text| {
        let right = rules::is_secret_variable(text);
        if !right {
            let what = "the name of an environment variable belongs here (letters, digits and `_`, no digit in front), \
                        such as FABRIKAM_SECRET. If this is the secret itself, take it out of the file and make a new \
                        one: it may have been seen";
            section.mistake("client_secret_env", what, mistakes);
        }
        right
    });
    Some(SignIn::ServicePrincipal { client_id: client_id?, client_secret_env: variable?.to_owned() })
}

fn id(section: Section<'_, '_>, mistakes: &mut Mistakes<'_>) -> Result<Option<AppId>, Told> {
    if section.entry("client_id").is_none() {
        return Ok(None);
    }
    let text = section.text("client_id", mistakes).ok_or(Told)?;
    AppId::from_str(text).map(Some).map_err(|_| {
        section.mistake("client_id", "a client (application) id belongs here, which is a UUID", mistakes);
        Told
    })
}

fn path(section: Section<'_, '_>, key: &'static str, mistakes: &mut Mistakes<'_>) -> Result<Option<PathBuf>, Told> {
    if section.entry(key).is_none() {
        return Ok(None);
    }
    let text = section.text(key, mistakes).ok_or(Told)?;
    let is_text_of_it = text.contains("-----BEGIN") || text.starts_with("eyJ") || text.contains('\n');
    if text.trim().is_empty() || is_text_of_it {
        let what = "the path of a file belongs here, and not what is in the file";
        section.mistake(key, what, mistakes);
        return Err(Told);
    }
    Ok(Some(paths::whole(text)))
}
