//! Microsoft Graph, v1.0: applications, service principals, the recycle bin, and what a tenant says about itself.

mod application;
mod application_body;
mod deleted;
mod organization;
mod password;
mod principal;
mod query;

use axum::{
    Router,
    response::{IntoResponse, Response},
};

use super::{
    directory::{AppRole, Application, Tenant},
    service::{Audience, Call, Caller, Refusal, State, caller, empty, graph_error, json},
    world::World,
};

/// An answer, or the refusal that takes its place.
type Answer = Result<Response, Refusal>;

/// The routes.
pub fn router(state: State) -> Router {
    Router::new().fallback(move |call: Call| {
        let state = state.clone();
        async move { answer(&state, &call).unwrap_or_else(IntoResponse::into_response) }
    })
}

/// One request: who is calling from which tenant, and what.
struct Context<'a> {
    state: &'a State,
    call: &'a Call,
    caller: Caller,
}

impl Context<'_> {
    /// `@odata.context` of an object or a list.
    fn odata(&self, what: &str) -> String {
        format!("{}/v1.0/$metadata#{what}", self.state.hosts.graph)
    }

    fn tenant<'w>(&self, world: &'w World) -> Result<&'w Tenant, Refusal> {
        world.tenant(self.caller.tenant).ok_or_else(denied)
    }

    fn tenant_mut<'w>(&self, world: &'w mut World) -> Result<&'w mut Tenant, Refusal> {
        world.tenant_mut(self.caller.tenant).ok_or_else(denied)
    }

    /// Holds a role that is above all applications of the tenant.
    fn administers(&self, tenant: &Tenant) -> bool {
        let id = self.caller.object_id;
        tenant.directory_roles(id).iter().any(|role| role.administers_applications())
            || tenant.app_roles(id).contains(&AppRole::EveryApp)
    }

    fn may_register(&self, tenant: &Tenant) -> bool {
        let id = self.caller.object_id;
        tenant.policy.users_may_register_apps
            || !tenant.directory_roles(id).is_empty()
            || !tenant.app_roles(id).is_empty()
    }

    fn may_edit(&self, tenant: &Tenant, app: &Application) -> bool {
        self.administers(tenant) || app.owners.contains(&self.caller.object_id)
    }

    fn prefers_creation(&self) -> bool {
        self.call.header("prefer").is_some_and(|prefer| prefer.to_lowercase().contains("create-if-missing"))
    }
}

fn answer(state: &State, call: &Call) -> Answer {
    let caller = caller(state, &call.headers, Audience::Graph)?;
    let context = &Context { state, call, caller };
    match call.operation.name {
        "graph.me.get" => organization::me(context),
        "graph.me.roles" => organization::roles(context, context.caller.object_id),
        "graph.organization.list" => organization::organization(context),
        "graph.tenant.by_id" => organization::tenant(context, call.param("tenantId")),
        "graph.tenant.by_domain" => organization::tenant(context, call.param("domainName")),
        "graph.policy.app_management" => organization::app_management_policy(context),
        "graph.policy.authorization" => organization::authorization_policy(context),
        "graph.objects.get_by_ids" => organization::by_ids(context),
        "graph.application.list" => application::list(context),
        "graph.application.create" => application::create(context),
        "graph.application.get" => application::get(context),
        "graph.application.update" => application::update(context),
        "graph.application.upsert" => application::upsert(context),
        "graph.application.delete" => application::delete(context),
        "graph.application.owners" => application::owners(context),
        "graph.application.policies" => application::policies(context),
        "graph.application.add_password" => password::add(context),
        "graph.application.remove_password" => password::remove(context),
        "graph.service_principal.list" => principal::list(context),
        "graph.service_principal.create" => principal::create(context),
        "graph.service_principal.get" => principal::get(context),
        "graph.service_principal.grants" => principal::grants(context),
        "graph.service_principal.app_roles" => principal::app_roles(context),
        "graph.service_principal.roles" => principal::roles(context),
        "graph.service_principal.upsert" => principal::upsert(context),
        "graph.service_principal.update" => principal::update(context),
        "graph.service_principal.delete" => principal::delete(context),
        "graph.deleted.applications" => deleted::applications(context),
        "graph.deleted.service_principals" => deleted::principals(context),
        "graph.deleted.get" => deleted::get(context),
        "graph.deleted.restore" => deleted::restore(context),
        "graph.deleted.delete" => deleted::delete(context),
        _ => Ok(empty(501)),
    }
}

fn refused(status: u16, code: &str, message: &str) -> Refusal {
    Refusal::from(graph_error(status, code, message))
}

fn denied() -> Refusal {
    refused(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
}

fn not_found(id: &str) -> Refusal {
    let message =
        format!("Resource '{id}' does not exist or one of its queried reference-property objects are not present.");
    refused(404, "Request_ResourceNotFound", &message)
}

fn bad(message: &str) -> Refusal {
    refused(400, "Request_BadRequest", message)
}

/// A body that is not an object is answered like one that is not JSON.
fn object(call: &Call) -> Result<serde_json::Map<String, serde_json::Value>, Refusal> {
    match call.json() {
        serde_json::Value::Object(map) => Ok(map),
        _ => Err(refused(
            400,
            "BadRequest",
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
        )),
    }
}
