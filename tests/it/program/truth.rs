//! What is true in the simulated tenants, beyond what the program says.

use std::time::Duration;

use crosspull::domain::AppId;

use crate::world::World;

/// An application that crosspull made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ours {
    pub(crate) app_id: AppId,
    pub(crate) in_recycle_bin: bool,
    /// Labels of the keys that exist.
    pub(crate) keys: Vec<String>,
    /// The domains of the tenants where it has a principal.
    pub(crate) principals: Vec<String>,
    /// Its role assignments in all tenants: the scope's last part, and the role's id.
    pub(crate) roles: Vec<(String, String)>,
}

impl World {
    /// Every application that crosspull made, whether it is deleted or not.
    pub(crate) fn ours(&self) -> Vec<Ours> {
        let world = self.sim.world().lock();
        let apps = world.tenants.iter().flat_map(|tenant| tenant.applications.values());
        let ours = apps.filter(|app| app.unique_name.as_deref().is_some_and(|name| name.starts_with("crosspull-")));
        ours.map(|app| {
            let principals = world.tenants.iter().flat_map(|tenant| {
                let here = tenant.principals.values().filter(|one| one.app_id == app.app_id && one.deleted.is_none());
                here.map(move |one| (tenant.domain.clone(), one.object_id))
            });
            let principals: Vec<_> = principals.collect();
            let given = world.assignments.iter().filter(|one| principals.iter().any(|(_, id)| *id == one.principal));
            let mut roles: Vec<_> = given
                .map(|one| (one.scope.rsplit('/').next().unwrap_or_default().to_owned(), one.role.to_string()))
                .collect();
            roles.sort();
            Ours {
                app_id: app.app_id,
                in_recycle_bin: app.deleted.is_some(),
                keys: app
                    .passwords
                    .iter()
                    .filter(|key| !key.removed)
                    .map(|key| key.display_name.clone().unwrap_or_default())
                    .collect(),
                principals: principals.into_iter().map(|(domain, _)| domain).collect(),
                roles,
            }
        })
        .collect()
    }

    /// Where a registry answers.
    pub(crate) fn login_server(&self, registry: &str) -> String {
        let all = self.sim.ready().tenants.iter().flat_map(|tenant| &tenant.registries);
        all.into_iter().find(|one| one.name == registry).expect("the registry").login_server.clone()
    }

    /// Keys with a label of crosspull's on whatever app.
    pub(crate) fn labelled_keys(&self) -> Vec<String> {
        let world = self.sim.world().lock();
        let keys = world.tenants.iter().flat_map(|tenant| tenant.applications.values()).flat_map(|app| &app.passwords);
        let live = keys.filter(|key| !key.removed).filter_map(|key| key.display_name.clone());
        live.filter(|label| label.starts_with("crosspull")).collect()
    }

    /// Requests that were meant to change something, whatever came of them.
    pub(crate) fn writes(&self) -> Vec<String> {
        let reads = [
            "login.token",
            "graph.objects.get_by_ids",
            "arm.resource_graph.query",
            "registry.exchange",
            "registry.token",
        ];
        let all = self.sim.requests();
        let writes = all.iter().filter(|one| !matches!(one.method.as_str(), "GET" | "HEAD"));
        writes.filter(|one| !reads.contains(&one.operation)).map(|one| format!("{one:?}")).collect()
    }

    /// Waits until an operation was asked for, and answered.
    pub(crate) async fn asked_for(&self, operation: &str) {
        until(operation, || self.calls(operation) > 0).await;
    }

    /// Waits until every fault that was set has struck: until the requests are there that they are meant for.
    pub(crate) async fn all_faults_struck(&self) {
        until("the faults to strike", || self.sim.faults().list().iter().all(|(_, struck)| *struck > 0)).await;
    }

    /// How many calls of an operation there were.
    pub(crate) fn calls(&self, operation: &str) -> usize {
        self.sim.requests().iter().filter(|one| one.operation == operation).count()
    }

    /// A whole setup of `cluster` is there once, and every node pulls.
    #[track_caller]
    pub(crate) fn assert_connected_once(&self, cluster: &str, registry: &str, abroad: &str) {
        let ours = self.ours();
        let [app] = ours.as_slice() else { panic!("one app, not {ours:#?}") };
        assert!(!app.in_recycle_bin, "{app:?}");
        assert_eq!(app.keys.len(), 1, "one key: {app:?}");
        let mut principals = app.principals.clone();
        principals.sort();
        assert_eq!(principals, ["contoso.example", abroad], "one principal in each tenant");
        let mut roles = app.roles.clone();
        roles.dedup();
        assert_eq!(roles, app.roles, "each role once");
        assert_eq!(app.roles.iter().filter(|(scope, _)| scope == registry).count(), 1, "one role: {app:?}");
        self.assert_every_node_pulls(cluster, registry);
        assert!(self.sim.unknown().is_empty(), "{:?}", self.sim.unknown());
    }

    #[track_caller]
    pub(crate) fn assert_every_node_pulls(&self, cluster: &str, registry: &str) {
        let pulls = self.pulls(cluster, registry, "shop/web:1.4");
        assert!(!pulls.is_empty() && pulls.iter().all(|(_, can)| *can), "{pulls:?}");
    }

    /// Nothing that was ever made is left, but what Azure keeps in its recycle bin.
    #[track_caller]
    pub(crate) fn assert_nothing_left(&self) {
        for app in self.ours() {
            assert!(app.in_recycle_bin && app.principals.is_empty() && app.roles.is_empty(), "{app:?}");
        }
        let world = self.sim.world().lock();
        let ids: Vec<_> = world.tenants.iter().flat_map(|tenant| tenant.principals.values()).collect();
        for one in world.assignments.iter().filter(|one| one.principal_type == "ServicePrincipal") {
            let principal = ids.iter().find(|principal| principal.object_id == one.principal);
            assert!(principal.is_some_and(|principal| principal.deleted.is_none()), "a role of nobody: {one:?}");
        }
    }
}

/// Looks at the simulator, which tells nobody of what happens in it, until something is true.
pub(crate) async fn until(what: &str, is_true: impl Fn() -> bool) {
    let looking = async {
        while !is_true() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), looking).await.expect(what);
}
