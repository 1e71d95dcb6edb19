//! An application as Graph shows it, and as a client may write it.

use serde_json::{Map, Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Refusal, bad, refused};
use crate::sim::directory::{Application, Password, Tenant};

/// What a client may send; the rest of an application is Graph's.
const WRITABLE: &[&str] = &[
    "addIns",
    "api",
    "appRoles",
    "defaultRedirectUri",
    "description",
    "displayName",
    "groupMembershipClaims",
    "identifierUris",
    "info",
    "isDeviceOnlyAuthSupported",
    "isFallbackPublicClient",
    "keyCredentials",
    "notes",
    "oauth2RequirePostResponse",
    "optionalClaims",
    "parentalControlSettings",
    "publicClient",
    "requestSignatureVerification",
    "requiredResourceAccess",
    "samlMetadataUrl",
    "serviceManagementReference",
    "servicePrincipalLockConfiguration",
    "signInAudience",
    "spa",
    "tags",
    "tokenEncryptionKeyId",
    "uniqueName",
    "web",
];

/// The members of complex properties that clients of this program write: a misspelt one is refused, not kept.
const INSIDE: &[(&str, &[&str])] = &[
    ("web", &["homePageUrl", "implicitGrantSettings", "logoutUrl", "redirectUriSettings", "redirectUris"]),
    ("publicClient", &["redirectUris"]),
    ("requiredResourceAccess", &["resourceAccess", "resourceAppId"]),
    ("resourceAccess", &["id", "type"]),
    (
        "servicePrincipalLockConfiguration",
        &[
            "allProperties",
            "credentialsWithUsageSign",
            "credentialsWithUsageVerify",
            "identifierUris",
            "isEnabled",
            "tokenEncryptionKeyId",
        ],
    ),
    ("passwordCredential", &["customKeyIdentifier", "displayName", "endDateTime", "keyId", "startDateTime"]),
];

/// Audiences that Graph knows.
const AUDIENCES: &[&str] =
    &["AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"];

/// A time as Graph writes it.
pub(super) fn date(at: OffsetDateTime) -> String {
    at.replace_nanosecond(0).unwrap_or(at).format(&Rfc3339).unwrap_or_default()
}

/// A password without its text.
pub(super) fn password(password: &Password) -> Value {
    json!({
        "customKeyIdentifier": null,
        "displayName": password.display_name,
        "endDateTime": date(password.end),
        "hint": password.text.get(..3),
        "keyId": password.key_id.to_string(),
        "secretText": null,
        "startDateTime": password.start.format(&Rfc3339).unwrap_or_default(),
    })
}

/// The whole object.
pub(super) fn body(app: &Application, tenant: &Tenant) -> Value {
    let mut body = json!({
        "id": app.object_id.to_string(),
        "deletedDateTime": app.deleted.map(date),
        "appId": app.app_id.to_string(),
        "applicationTemplateId": null,
        "disabledByMicrosoftStatus": null,
        "createdDateTime": date(app.created),
        "displayName": app.display_name,
        "description": null,
        "groupMembershipClaims": null,
        "identifierUris": [],
        "isDeviceOnlyAuthSupported": null,
        "isFallbackPublicClient": null,
        "notes": null,
        "publisherDomain": tenant.domain,
        "serviceManagementReference": null,
        "signInAudience": app.sign_in_audience,
        "tags": [],
        "tokenEncryptionKeyId": null,
        "uniqueName": app.unique_name,
        "samlMetadataUrl": null,
        "defaultRedirectUri": null,
        "optionalClaims": null,
        "requestSignatureVerification": null,
        "servicePrincipalLockConfiguration": null,
        "addIns": [],
        "api": {
            "acceptMappedClaims": null,
            "knownClientApplications": [],
            "requestedAccessTokenVersion": null,
            "oauth2PermissionScopes": [],
            "preAuthorizedApplications": [],
        },
        "appRoles": [],
        "info": {
            "logoUrl": null,
            "marketingUrl": null,
            "privacyStatementUrl": null,
            "supportUrl": null,
            "termsOfServiceUrl": null,
        },
        "keyCredentials": [],
        "parentalControlSettings": {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
        "passwordCredentials": [],
        "publicClient": {"redirectUris": []},
        "requiredResourceAccess": [],
        "verifiedPublisher": {"displayName": null, "verifiedPublisherId": null, "addedDateTime": null},
        "web": {
            "homePageUrl": null,
            "logoutUrl": null,
            "redirectUris": [],
            "implicitGrantSettings": {"enableAccessTokenIssuance": false, "enableIdTokenIssuance": false},
        },
        "spa": {"redirectUris": []},
    });
    for (name, value) in &app.extra {
        match (body.get_mut(name), value) {
            (Some(Value::Object(members)), Value::Object(written)) => {
                members.extend(written.iter().map(|(name, value)| (name.clone(), value.clone())));
            }
            _ => body[name.as_str()] = value.clone(),
        }
    }
    body["web"]["redirectUris"] = json!(app.web_redirect_uris);
    let passwords = app.passwords.iter().filter(|password| !password.removed).map(password_json);
    body["passwordCredentials"] = passwords.collect();
    body
}

fn password_json(one: &Password) -> Value {
    password(one)
}

/// Lays what a client sent over an application. Members are refused like Graph refuses them: unknown, or not to be
/// written.
pub(super) fn write(app: &mut Application, tenant: &Tenant, sent: Map<String, Value>) -> Result<(), Refusal> {
    for (name, value) in sent {
        if name.starts_with("@odata") {
            continue;
        }
        well_formed(&name, &value)?;
        match name.as_str() {
            "passwordCredentials" => {
                return Err(bad("New password credentials must be generated with service actions."));
            }
            _ if !WRITABLE.contains(&name.as_str()) => {
                return Err(bad(&format!("Invalid property '{name}'.")));
            }
            "displayName" => match value.as_str() {
                Some(text) if !text.is_empty() && text.chars().count() <= 256 => text.clone_into(&mut app.display_name),
                _ => return Err(bad("Invalid value specified for property 'displayName' of resource 'Application'.")),
            },
            "signInAudience" => {
                let Some(audience) = value.as_str().filter(|text| AUDIENCES.contains(text)) else {
                    return Err(bad(
                        "Invalid value specified for property 'signInAudience' of resource 'Application'.",
                    ));
                };
                audience.clone_into(&mut app.sign_in_audience);
            }
            "uniqueName" => match value.as_str() {
                Some(text) if app.unique_name.as_deref().is_none_or(|present| present == text) => {
                    app.unique_name = Some(text.to_owned());
                }
                Some(_) => return Err(bad("Property 'uniqueName' is read-only and cannot be set.")),
                None => {}
            },
            "web" => {
                if let Some(uris) = value.get("redirectUris") {
                    app.web_redirect_uris = redirect_uris(uris)?;
                }
                merged(app, &name, value);
            }
            _ if value.is_object() => merged(app, &name, value),
            _ => {
                app.extra.insert(name, value);
            }
        }
    }
    if tenant.policy.multitenant_forbidden && super::super::entra::credentials::is_multitenant(&app.sign_in_audience) {
        return Err(refused(
            400,
            "SignInAudienceNotAllowedAsPerAppPolicy",
            "Sign in audience not allowed as per assigned policy.",
        ));
    }
    Ok(())
}

/// Refuses members that a complex property does not have, at any depth that [`INSIDE`] knows.
pub(super) fn well_formed(name: &str, value: &Value) -> Result<(), Refusal> {
    let Some((_, known)) = INSIDE.iter().find(|(complex, _)| *complex == name) else { return Ok(()) };
    let objects = match value {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    for (member, inner) in objects.iter().filter_map(Value::as_object).flatten() {
        if !member.starts_with("@odata") && !known.contains(&member.as_str()) {
            return Err(bad(&format!("Invalid property '{member}'.")));
        }
        well_formed(member, inner)?;
    }
    Ok(())
}

/// A complex member is patched member by member.
fn merged(app: &mut Application, name: &str, value: Value) {
    match (app.extra.get_mut(name), value) {
        (Some(Value::Object(present)), Value::Object(sent)) => present.extend(sent),
        (_, value) => {
            app.extra.insert(name.to_owned(), value);
        }
    }
}

fn redirect_uris(value: &Value) -> Result<Vec<String>, Refusal> {
    let uris = value.as_array().into_iter().flatten().map(|uri| uri.as_str().map(str::to_owned));
    let uris: Option<Vec<String>> = uris.collect();
    let fine = |uri: &String| {
        url::Url::parse(uri).is_ok_and(|url| url.scheme() == "https" || url.host_str() == Some("localhost"))
    };
    uris.filter(|uris| uris.iter().all(fine)).ok_or_else(|| {
        bad("Invalid value specified for property 'redirectUris' of resource 'WebApplication'. Reply URLs must be \
             valid https addresses.")
    })
}
