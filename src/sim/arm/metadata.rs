//! The document by which clients learn a cloud's addresses.

use axum::response::Response;
use serde_json::json;

use crate::sim::{
    service::{State, json},
    tokens::RESOURCE_MANAGER_AUDIENCE,
};

/// One object, as version 2022-09-01 has it; older versions answer a list.
pub(super) fn endpoints(state: &State) -> Response {
    let hosts = &state.hosts;
    json(
        200,
        &json!({
            "name": "CrosspullSimulator",
            "portal": hosts.pages,
            "authentication": {
                "loginEndpoint": hosts.login,
                "audiences": [RESOURCE_MANAGER_AUDIENCE, hosts.resource_manager],
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "resourceManager": hosts.resource_manager,
            "microsoftGraphResourceId": hosts.graph,
            "graphAudience": hosts.graph,
            "graph": hosts.graph,
            "suffixes": {"acrLoginServer": hosts.registry_suffix},
        }),
    )
}
