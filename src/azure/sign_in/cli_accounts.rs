//! Which accounts the Azure CLI has, without asking anybody but itself.

use std::{ffi::OsStr, path::PathBuf};

use azure_identity::Executor as _;
use serde::Deserialize;

use super::azure_cli::Quiet;
use crate::domain::TenantId;

/// An account that the Azure CLI is signed in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundAccount {
    /// The user's name, or a program's client id.
    pub user: String,
    /// The tenant that it is signed in to.
    pub tenant: TenantId,
    /// That tenant's name, where the Azure CLI knows it.
    pub tenant_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    tenant_id: TenantId,
    user: WireUser,
    #[serde(default)]
    tenant_display_name: Option<String>,
}

#[derive(Deserialize)]
struct WireUser {
    name: String,
}

/// The accounts of the Azure CLI; none where there is no Azure CLI, or nobody is signed in.
pub async fn cli_accounts(config_dir: Option<PathBuf>) -> Vec<FoundAccount> {
    let line = ["-c", "az account list --all --output json"];
    let (shell, args) = if cfg!(windows) { ("cmd", ["/C", line[1]]) } else { ("/bin/sh", line) };
    let quiet = Quiet::listing(config_dir);
    match quiet.run(OsStr::new(shell), &args.map(OsStr::new)).await {
        Ok(output) if output.status.success() => read(&output.stdout),
        _ => Vec::new(),
    }
}

/// A subscription each; those of one account in one tenant come to one.
fn read(json: &[u8]) -> Vec<FoundAccount> {
    let all: Vec<serde_json::Value> = serde_json::from_slice(json).unwrap_or_default();
    let mut found: Vec<FoundAccount> = Vec::new();
    for one in all.into_iter().filter_map(|one| serde_json::from_value::<Wire>(one).ok()) {
        if !found.iter().any(|known| known.tenant == one.tenant_id && known.user == one.user.name) {
            let tenant_name = one.tenant_display_name.filter(|name| !name.is_empty());
            found.push(FoundAccount { user: one.user.name, tenant: one.tenant_id, tenant_name });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_account_counts_once_a_tenant() {
        let one = |tenant: &str, user: &str| serde_json::json!({ "id": "x", "tenantId": tenant, "user": { "name": user, "type": "user" }, "tenantDisplayName": "Contoso" });
        let (a, b) = ("66666666-6666-4666-8666-666666666666", "77777777-7777-4777-8777-777777777777");
        let list = serde_json::json!([one(a, "ana"), one(a, "ana"), one(b, "ana"), {"tenantId": "?"}, one(b, "ben")]);
        let found = read(list.to_string().as_bytes());
        let who: Vec<(&str, String)> = found.iter().map(|one| (one.user.as_str(), one.tenant.to_string())).collect();
        assert_eq!(who, [("ana", a.to_owned()), ("ana", b.to_owned()), ("ben", b.to_owned())]);
        assert_eq!(read(b"ERROR: Please run az login"), []);
    }
}
