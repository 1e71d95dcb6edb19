//! Metadata: what a client asks before it has any credential.

use axum::response::Response;
use serde_json::json;

use super::{Answer, Call, State, is_shared, json as answer, tenant_named};

/// The discovery document, v1 and v2, of a tenant by id or domain, or of all tenants.
pub(super) fn document(state: &State, call: &Call) -> Answer {
    let name = call.param("tenant");
    let (segment, issued_by) = if is_shared(name) {
        (name.to_lowercase(), "{tenantid}".to_owned())
    } else {
        let world = state.world.lock();
        let id = tenant_named(&world, name)?.id.to_string();
        (id.clone(), id)
    };
    let login = &state.hosts.login;
    let host = |base: &str| base.trim_start_matches("https://").to_owned();
    let two = call.path.to_lowercase().contains("/v2.0/");
    let version = if two { "/v2.0" } else { "" };
    let issuer =
        if two { format!("{login}/{issued_by}/v2.0") } else { format!("https://sts.windows.net/{issued_by}/") };
    Ok(answer(
        200,
        &json!({
            "token_endpoint": format!("{login}/{segment}/oauth2{version}/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": format!("{login}/{segment}/discovery{version}/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": issuer,
            "request_uri_parameter_supported": false,
            "userinfo_endpoint": format!("{}/oidc/userinfo", state.hosts.graph),
            "authorization_endpoint": format!("{login}/{segment}/oauth2{version}/authorize"),
            "device_authorization_endpoint": format!("{login}/{segment}/oauth2{version}/devicecode"),
            "http_logout_supported": true,
            "frontchannel_logout_supported": true,
            "end_session_endpoint": format!("{login}/{segment}/oauth2{version}/logout"),
            "tenant_region_scope": "EU",
            "cloud_instance_name": "localhost",
            "cloud_graph_host_name": host(&state.hosts.graph),
            "msgraph_host": host(&state.hosts.graph),
            "rbac_url": state.hosts.resource_manager,
        }),
    ))
}

/// Which hosts are one authority.
pub(super) fn instance(state: &State) -> Response {
    let host = state.hosts.login.trim_start_matches("https://");
    answer(
        200,
        &json!({
            "tenant_discovery_endpoint": format!("{}/common/.well-known/openid-configuration", state.hosts.login),
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        }),
    )
}

/// How a user's name would sign in.
pub(super) fn user_realm(state: &State, call: &Call) -> Response {
    let name = call.param("username");
    let domain = name.rsplit('@').next().unwrap_or_default();
    let world = state.world.lock();
    let known = world.tenants.iter().any(|tenant| tenant.domain.eq_ignore_ascii_case(domain));
    answer(
        200,
        &json!({
            "ver": "1.0",
            "account_type": if known { "Managed" } else { "Unknown" },
            "domain_name": domain,
            "cloud_instance_name": "localhost",
            "cloud_audience_urn": "urn:federation:MicrosoftOnline",
        }),
    )
}
