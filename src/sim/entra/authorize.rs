//! The authorize page, v1 and v2: who are you, do you consent, and back with a code.

use axum::response::IntoResponse;
use serde_json::json;
use time::Duration;
use uuid::Uuid;

use super::{
    Answer, Call, Refusal, State, claims, consent,
    credentials::is_multitenant,
    is_shared, pages,
    rules::{self, Barred, Way},
    scope, token,
};
use crate::{
    domain::{AppId, TenantId},
    sim::{
        changes::{self, PrincipalFault},
        directory::{Application, CodeGrant, SignIn, Tenant},
        service::value,
        tokens,
        world::World,
    },
};

/// How long a code lives.
const CODE_LIFE: Duration = Duration::minutes(10);

/// The fields that are about the person, not about the application's request.
const OF_THE_PERSON: &[&str] = &["username", "password", "quick", "step", "signed_in", "mfa", "decision", "on_behalf"];

/// An application's request, checked.
pub(super) struct Asked {
    pub(super) client: AppId,
    /// None where the address names no tenant.
    pub(super) tenant: Option<TenantId>,
    pub(super) redirect_uri: String,
    pub(super) fields: Vec<(String, String)>,
}

impl Asked {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        value(&self.fields, name).filter(|text| !text.is_empty())
    }

    /// Back to the application, in the way it asked for.
    pub(super) fn back(&self, mut fields: Vec<(String, String)>) -> axum::response::Response {
        if let Some(state) = self.get("state") {
            fields.push(("state".into(), state.to_owned()));
        }
        match self.get("response_mode") {
            Some("form_post") => pages::form_post(&self.redirect_uri, &fields),
            mode => pages::redirect(&self.redirect_uri, &fields, mode == Some("fragment")),
        }
    }

    /// The fields to carry through the page's forms.
    pub(super) fn carried(&self) -> Vec<(String, String)> {
        self.fields.iter().filter(|(name, _)| !OF_THE_PERSON.contains(&name.as_str())).cloned().collect()
    }
}

pub(super) fn page(state: &State, call: &Call) -> Answer {
    let asked = asked(state, call, call.query.clone())?;
    if asked.get("response_type").is_none_or(|kind| kind != "code") {
        let message = "The request body must contain the following parameter: 'response_type'.";
        return Err(pages::error(900_144, message));
    }
    claims::asked(asked.get("claims"))?;
    // Nobody is ever signed in already: the page always asks, as select_account and login want it.
    let prompts = ["none", "login", "select_account", "consent", "admin_consent"];
    if let Some(prompt) = asked.get("prompt").filter(|prompt| !prompts.contains(prompt)) {
        return Err(pages::error(90023, &format!("Unsupported 'prompt' value '{prompt}'.")));
    }
    if asked.get("prompt") == Some("none") {
        let description = "AADSTS50058: A silent sign-in request was sent but no user is signed in.";
        return Ok(asked.back(failure("login_required", description)));
    }
    Ok(ask_who(state, call, &asked, None))
}

pub(super) fn posted(state: &State, call: &Call) -> Answer {
    let form = call.form();
    let asked = asked(state, call, form)?;
    let signed_in = match signed_in(state, call, &asked)? {
        Ok(signed_in) => signed_in,
        Err(page) => return Ok(page.into_response()),
    };
    match asked.get("decision") {
        None => {
            let world = state.world.lock();
            if let Some(page) = consent_wanted(&world, call, &asked, signed_in)? {
                return Ok(page);
            }
        }
        Some("accept") => {
            let mut world = state.world.lock();
            // A form can be sent without its page having been shown: the same rights are asked for again.
            consent_wanted(&world, call, &asked, signed_in)?;
            changes::consent(&mut world, signed_in.tenant, asked.client)
                .map_err(|fault| principal_fault(&world, signed_in.tenant, asked.client, fault))?;
        }
        Some(_) => {
            let description = "AADSTS65004: User declined to consent to access the app.";
            return Ok(asked.back(failure("access_denied", description)));
        }
    }
    let mut world = state.world.lock();
    let code = format!("1.A{}.{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let grant = CodeGrant {
        sign_in: signed_in,
        redirect_uri: asked.redirect_uri.clone(),
        code_challenge: asked.get("code_challenge").map(str::to_owned),
        nonce: asked.get("nonce").map(str::to_owned),
        scope: asked.get("scope").unwrap_or_default().to_owned(),
        client_capable: claims::asked(asked.get("claims"))?.client_capable,
        expires: world.now() + CODE_LIFE,
    };
    world.grants.codes.insert(code.clone(), grant);
    drop(world);
    let mut fields = vec![("code".to_owned(), code)];
    if asked.get("prompt") == Some("admin_consent") {
        fields.push(("admin_consent".into(), "True".into()));
    }
    if asked.get("client_info") == Some("1") {
        fields.push(("client_info".into(), client_info(signed_in)));
    }
    fields.push(("session_state".into(), Uuid::new_v4().to_string()));
    Ok(asked.back(fields))
}

fn client_info(signed_in: SignIn) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let info = json!({"uid": signed_in.user.to_string(), "utid": signed_in.tenant.to_string()});
    URL_SAFE_NO_PAD.encode(info.to_string())
}

/// Checks what an application asks for. What is wrong stays on the page: an address that is not registered gets nothing.
pub(super) fn asked(state: &State, call: &Call, fields: Vec<(String, String)>) -> Result<Asked, Refusal> {
    let name = call.param("tenant");
    let world = state.world.lock();
    let tenant = match world.tenant_named(name) {
        Some(tenant) => Some(tenant.id),
        None if is_shared(name) => None,
        None => return Err(pages::error(90002, &format!("Tenant '{name}' not found."))),
    };
    let get = |name: &str| value(&fields, name).filter(|text| !text.is_empty());
    let Some(id) = get("client_id") else {
        return Err(pages::error(900_144, "The request body must contain the following parameter: 'client_id'."));
    };
    let not_found = || unknown_app(&world, tenant, id);
    let client: AppId = id.parse().map_err(|_| not_found())?;
    let redirect = get("redirect_uri");
    let redirect_uri = if scope::is_first_party(id) {
        redirect.filter(|uri| is_local(uri)).map(str::to_owned)
    } else {
        let (home, app) = world.application(client).ok_or_else(not_found)?;
        let app = app.seen(world.now()).ok_or_else(not_found)?;
        if tenant.is_some_and(|tenant| tenant != home.id) && !is_multitenant(&app.sign_in_audience) {
            return Err(not_found());
        }
        registered(app, redirect)
    };
    let Some(redirect_uri) = redirect_uri else {
        let message = format!(
            "The redirect URI '{}' specified in the request does not match the redirect URIs configured for the \
             application '{client}'. Make sure the redirect URI sent in the request matches one added to your \
             application in the Azure portal.",
            redirect.unwrap_or_default()
        );
        return Err(pages::error(50011, &message));
    };
    drop(world);
    Ok(Asked { client, tenant, redirect_uri, fields })
}

pub(super) fn unknown_app(world: &World, tenant: Option<TenantId>, id: &str) -> Refusal {
    let directory = tenant.and_then(|tenant| world.tenant(tenant)).map_or("", |tenant| tenant.display_name.as_str());
    let message = format!(
        "Application with identifier '{id}' was not found in the directory '{directory}'. This can happen if the \
         application has not been installed by the administrator of the tenant or consented to by any user in the \
         tenant. You may have sent your authentication request to the wrong tenant."
    );
    pages::error(700_016, &message)
}

fn is_local(uri: &str) -> bool {
    url::Url::parse(uri).is_ok_and(|url| url.scheme() == "http" && url.host_str() == Some("localhost"))
}

/// The address to go back to, if the application has registered it. One address may be left out of a request.
fn registered(app: &Application, asked: Option<&str>) -> Option<String> {
    let Some(asked) = asked else {
        let [only] = app.web_redirect_uris.as_slice() else { return None };
        return Some(only.clone());
    };
    let web = app.web_redirect_uris.iter().any(|uri| uri.trim_end_matches('/') == asked.trim_end_matches('/'));
    let native = app.extra.get("publicClient").and_then(|client| client["redirectUris"].as_array());
    let native = native.into_iter().flatten().filter_map(|uri| uri.as_str());
    // For programs on the person's own machine the port does not count.
    let native = native.into_iter().any(|uri| uri == asked || (is_local(uri) && is_local(asked)));
    (web || native).then(|| asked.to_owned())
}

fn ask_who(state: &State, call: &Call, asked: &Asked, wrong: Option<&str>) -> axum::response::Response {
    let where_to = {
        let world = state.world.lock();
        let tenant = asked.tenant.and_then(|tenant| world.tenant(tenant));
        tenant.map_or("any organization".to_owned(), |tenant| format!("{} ({})", tenant.display_name, tenant.domain))
    };
    let carried = asked.carried();
    let who = pages::Who { where_to: &where_to, hint: asked.get("login_hint"), wrong };
    pages::sign_in(state, &pages::Form { action: &call.path, carried: &carried }, &who)
}

/// Who sent this form: by name and password just now, or as the form before it says. The inner error is the page that
/// asks again.
pub(super) fn signed_in(state: &State, call: &Call, asked: &Asked) -> Result<Result<SignIn, Refusal>, Refusal> {
    let again = |wrong: &str| Ok(Err(Refusal::from(ask_who(state, call, asked, Some(wrong)))));
    let sign_in = if let Some(token) = asked.get("signed_in") {
        let Some(sign_in) = remembered(token, asked.client) else { return again("Sign in again.") };
        sign_in
    } else {
        let found = person(&state.world.lock(), &asked.fields, asked.client);
        let Some(at_home) = found else {
            return again("AADSTS50126: Error validating credentials due to invalid username or password.");
        };
        let world = state.world.lock();
        let sign_in = match asked.tenant {
            Some(wanted) if wanted != at_home.tenant => member(&world, at_home, wanted)?,
            _ => at_home,
        };
        rules::admitted(&world, sign_in, Way::Browser).map_err(|barred| self::barred(&barred))?;
        sign_in
    };
    let world = state.world.lock();
    let form = (call.path.as_str(), asked.carried());
    Ok(second_factor(&world, sign_in, asked.get("mfa"), asked.get("claims"), form)?.map_err(Refusal::from))
}

/// Conditional Access and its like end on Microsoft's own page: the browser is never sent back to the application, which
/// goes on waiting.
pub(super) fn barred(barred: &Barred) -> Refusal {
    pages::error(barred.number, &barred.message)
}

/// The sign-in with what the second device says, or the page that asks for it; `form` is where the page posts to, and
/// what it carries beside the sign-in.
pub(super) fn second_factor(
    world: &World,
    sign_in: SignIn,
    answer: Option<&str>,
    claims: Option<&str>,
    form: (&str, Vec<(String, String)>),
) -> Result<Result<SignIn, axum::response::Response>, Refusal> {
    if !rules::mfa_wanted(world, sign_in, claims::asked(claims)?) {
        return Ok(Ok(sign_in));
    }
    match answer {
        Some("approve") => Ok(Ok(SignIn { mfa: true, ..sign_in })),
        Some(_) => {
            let message = "Authentication failed during strong authentication request.";
            Err(pages::error(500_121, message))
        }
        None => {
            let (action, mut carried) = form;
            carried.push(("signed_in".into(), note(sign_in)));
            Ok(Err(pages::second_factor(&pages::Form { action, carried: &carried }, &upn(world, sign_in))))
        }
    }
}

/// The name of who signed in.
pub(super) fn upn(world: &World, sign_in: SignIn) -> String {
    let tenant = world.tenant(sign_in.tenant);
    let user = tenant.and_then(|tenant| tenant.users.iter().find(|user| user.id == sign_in.user));
    user.map(|user| user.upn.clone()).unwrap_or_default()
}

/// The person of a sign-in form, at home.
pub(super) fn person(world: &World, fields: &[(String, String)], client: AppId) -> Option<SignIn> {
    let quick = value(fields, "quick");
    let name = quick.or_else(|| value(fields, "username"))?;
    let home = |tenant: &&Tenant| tenant.users.iter().any(|user| user.upn == name && user.home_tenant.is_none());
    let tenant = world.tenants.iter().find(home)?;
    let user = tenant.users.iter().find(|user| user.upn.eq_ignore_ascii_case(name))?;
    let right = quick.is_some() || value(fields, "password") == Some(&user.password);
    right.then(|| SignIn { tenant: tenant.id, user: user.id, client, mfa: false, since: world.now() })
}

/// The same person in the tenant that the application wants.
pub(super) fn member(world: &World, sign_in: SignIn, wanted: TenantId) -> Result<SignIn, Refusal> {
    let upn = upn(world, sign_in);
    let guest = world.tenant(wanted).and_then(|tenant| tenant.users.iter().find(|user| user.upn == upn));
    let Some(guest) = guest else {
        return Err(pages::error(50020, &token::not_a_member(world, &upn, wanted, sign_in)));
    };
    Ok(SignIn { tenant: wanted, user: guest.id, ..sign_in })
}

/// A signed note in the page's form that says who signed in: the simulator keeps no browser sessions.
pub(super) fn note(sign_in: SignIn) -> String {
    tokens::signed(&json!({
        "page": "signed_in",
        "tid": sign_in.tenant.to_string(),
        "oid": sign_in.user.to_string(),
        "client": sign_in.client.to_string(),
        "mfa": sign_in.mfa,
        "since": sign_in.since.unix_timestamp_nanos().to_string(),
    }))
}

pub(super) fn remembered(token: &str, client: AppId) -> Option<SignIn> {
    let claims = tokens::verified(token).filter(|claims| claims["page"] == "signed_in")?;
    let id = |name: &str| claims[name].as_str().map(str::to_owned);
    let since = time::OffsetDateTime::from_unix_timestamp_nanos(id("since")?.parse().ok()?).ok()?;
    let mfa = claims["mfa"] == true;
    let sign_in = SignIn { tenant: id("tid")?.parse().ok()?, user: id("oid")?.parse().ok()?, client, mfa, since };
    (id("client")? == client.to_string()).then_some(sign_in)
}

/// The consent page, where the application has no consent yet, or asks for it again.
fn consent_wanted(
    world: &World,
    call: &Call,
    asked: &Asked,
    sign_in: SignIn,
) -> Result<Option<axum::response::Response>, Refusal> {
    if scope::is_first_party(&asked.client.to_string()) {
        return Ok(None);
    }
    let Some((tenant, (home, app))) = world.tenant(sign_in.tenant).zip(world.application(asked.client)) else {
        return Err(unknown_app(world, Some(sign_in.tenant), &asked.client.to_string()));
    };
    let principal = tenant.principal_of(asked.client);
    let prompt = asked.get("prompt");
    let granted = principal.is_some_and(|principal| !principal.grants.is_empty());
    if granted && !matches!(prompt, Some("consent" | "admin_consent")) {
        return Ok(None);
    }
    let lists_nothing =
        app.extra.get("requiredResourceAccess").and_then(|list| list.as_array()).is_none_or(Vec::is_empty);
    let names_scope = asked.get("scope").is_some_and(|scope| !scope.contains(".default"));
    if lists_nothing && !names_scope {
        let message = "Misconfigured application. This could be due to one of the following: the client has not listed \
                       any permissions for 'Windows Azure Active Directory' in the requested permissions in the \
                       client's application registration. Or, the admin has not consented in the tenant.";
        return Err(pages::error(650_056, message));
    }
    let admin = consent::may_consent_for_all(tenant, sign_in.user);
    let for_all = prompt == Some("admin_consent");
    if !admin && (for_all || !tenant.policy.users_may_consent) {
        let message = format!(
            "An administrator of {} has set a policy that prevents you from granting {} the \
                               permissions it is requesting.",
            tenant.display_name, app.display_name
        );
        return Err(pages::error(90094, &message));
    }
    let mut carried = asked.carried();
    carried.push(("signed_in".into(), note(sign_in)));
    let who = upn(world, sign_in);
    let what = pages::Consent {
        who: &who,
        app: &app.display_name,
        publisher: &home.domain,
        directory: &tenant.display_name,
        admin,
        for_all,
    };
    Ok(Some(pages::consent(&pages::Form { action: &call.path, carried: &carried }, &what)))
}

pub(super) fn principal_fault(world: &World, tenant: TenantId, client: AppId, fault: PrincipalFault) -> Refusal {
    match fault {
        PrincipalFault::NoApplication | PrincipalFault::NotMultitenant => {
            unknown_app(world, Some(tenant), &client.to_string())
        }
    }
}

pub(super) fn failure(error: &str, description: &str) -> Vec<(String, String)> {
    vec![("error".into(), error.into()), ("error_description".into(), description.into())]
}
