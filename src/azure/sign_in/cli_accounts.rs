//! Which accounts the Azure CLI has, without asking anybody but itself.

use std::{ffi::OsStr, path::PathBuf, time::Duration};

use azure_identity::Executor;
use serde::Deserialize;

use super::executor::Quiet;
use crate::{
    azure::error::clean,
    domain::{SubscriptionId, TenantId},
};

/// How long it may take to list its accounts: nobody is asked for that.
const LISTING: Duration = Duration::from_secs(10);

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

/// A subscription that the Azure CLI keeps an account for.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Kept {
    pub(super) id: SubscriptionId,
    #[serde(rename = "tenantId")]
    pub(super) tenant: TenantId,
    user: WireUser,
    #[serde(default)]
    tenant_display_name: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct WireUser {
    name: String,
}

/// The accounts of the Azure CLI; none where there is no Azure CLI, or nobody is signed in.
pub async fn cli_accounts(config_dir: Option<PathBuf>) -> Vec<FoundAccount> {
    accounts(subscriptions(&Quiet { config_dir, deadline: LISTING }).await)
}

/// What the Azure CLI keeps, each with its account.
pub(super) async fn subscriptions(executor: &dyn Executor) -> Vec<Kept> {
    let line = ["-c", "az account list --all --output json"];
    let (shell, args) = if cfg!(windows) { ("cmd", ["/C", line[1]]) } else { ("/bin/sh", line) };
    match executor.run(OsStr::new(shell), &args.map(OsStr::new)).await {
        Ok(output) if output.status.success() => read(&output.stdout),
        Ok(_) | Err(_) => Vec::new(),
    }
}

/// What cannot be read is left out.
fn read(json: &[u8]) -> Vec<Kept> {
    let all: Vec<serde_json::Value> = serde_json::from_slice(json).unwrap_or_default();
    all.into_iter().filter_map(|one| serde_json::from_value(one).ok()).collect()
}

/// The accounts in the Azure CLI's list.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn read_accounts(json: &[u8]) -> Vec<FoundAccount> {
    accounts(read(json))
}

/// A subscription each; those of one account in one tenant come to one.
fn accounts(all: Vec<Kept>) -> Vec<FoundAccount> {
    let mut found: Vec<FoundAccount> = Vec::new();
    for one in all {
        if !found.iter().any(|known| known.tenant == one.tenant && known.user == one.user.name) {
            let tenant_name = one.tenant_display_name.map(|name| clean(&name)).filter(|name| !name.is_empty());
            found.push(FoundAccount { user: clean(&one.user.name), tenant: one.tenant, tenant_name });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_account_counts_once_a_tenant() {
        let one = |tenant: &str, user: &str| serde_json::json!({ "id": tenant, "tenantId": tenant, "user": { "name": user, "type": "user" }, "tenantDisplayName": "Contoso" });
        let (a, b) = ("66666666-6666-4666-8666-666666666666", "77777777-7777-4777-8777-777777777777");
        let list = serde_json::json!([one(a, "ana"), one(a, "ana"), one(b, "ana"), {"tenantId": "?"}, one(b, "ben")]);
        let found = accounts(read(list.to_string().as_bytes()));
        let who: Vec<(&str, String)> = found.iter().map(|one| (one.user.as_str(), one.tenant.to_string())).collect();
        assert_eq!(who, [("ana", a.to_owned()), ("ana", b.to_owned()), ("ben", b.to_owned())]);
        assert!(read(b"ERROR: Please run az login").is_empty());
    }
}
