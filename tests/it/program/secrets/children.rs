//! Programs that crosspull starts: each notes its arguments and its environment, which others on the machine can read.

use std::{collections::BTreeSet, fmt::Write as _, fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use serde_json::{Value, json};

use crate::{leaks::Places, world::World};

/// A folder of programs, which are found before all others.
pub(crate) struct Children {
    folder: tempfile::TempDir,
}

/// What each of them begins with.
const NOTES: &str = "#!/bin/sh\nprintf '%s\\n' \"$*\" >> 'NOTED, arguments'\nenv >> 'NOTED, environment'\n";

impl Children {
    pub(crate) fn new() -> Self {
        let children = Self { folder: tempfile::tempdir().unwrap() };
        children.program("xdg-open", "exit 0\n");
        children
    }

    fn program(&self, name: &str, does: &str) {
        let noted = self.folder.path().join("noted");
        fs::create_dir_all(&noted).unwrap();
        let begins = NOTES.replace("NOTED", noted.join(name).to_str().unwrap());
        let path = self.folder.path().join("bin");
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join(name), begins + does).unwrap();
        fs::set_permissions(path.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The path on which they are found.
    pub(crate) fn path(&self) -> String {
        format!("{}:{}", self.folder.path().join("bin").display(), std::env::var("PATH").unwrap_or_default())
    }

    /// Something that is theirs alone.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path: PathBuf = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// An Azure CLI that an operator is signed in to: it has the tokens that the operator's own secret gives.
    pub(crate) async fn sign_in(&self, world: &World, operator: &str) {
        let ready = world.sim.ready();
        let one = world.operator(operator);
        let tenant = ready.tenants.iter().find(|tenant| tenant.operators.iter().any(|it| it.name == operator)).unwrap();
        let scopes: BTreeSet<String> = world
            .sim
            .requests()
            .iter()
            .filter(|exchange| exchange.operation == "login.token")
            .flat_map(|exchange| url::form_urlencoded::parse(&exchange.request_body).into_owned().collect::<Vec<_>>())
            .filter_map(|(name, value)| (name == "scope").then_some(value))
            .filter(|scope| !scope.contains(' '))
            .collect();
        assert!(scopes.len() > 1, "asked for before, by somebody else: {scopes:?}");
        let http = world.http();
        let mut cases = String::new();
        for (number, scope) in scopes.iter().enumerate() {
            let form = [
                ("grant_type", "client_credentials"),
                ("client_id", &one.client_id.to_string()),
                ("client_secret", &one.client_secret),
                ("scope", scope),
            ];
            let address = format!("{}/{}/oauth2/v2.0/token", ready.login, tenant.id);
            let answer = http.request(reqwest::Method::POST, address).form(&form).send().await.unwrap();
            let given: Value = answer.json().await.unwrap();
            let token = json!({
                "accessToken": given["access_token"], "expiresOn": "", "expires_on": 4_102_444_800_u64,
                "subscription": "", "tenant": tenant.id, "tokenType": "Bearer",
            });
            let file = self.write(&format!("token-{number}"), &token.to_string());
            writeln!(cases, "*\"--scope {scope} \"*) cat '{file}';;").unwrap();
        }
        let list: Vec<Value> = tenant
            .subscriptions
            .iter()
            .map(|one| json!({ "id": one.id, "tenantId": tenant.id, "user": { "name": operator, "type": "user" } }))
            .collect();
        let list = self.write("accounts", &json!(list).to_string());
        self.program("az", &format!("case \"$* \" in\n*\"account list\"*) cat '{list}';;\n{cases}*) exit 1;;\nesac\n"));
    }

    /// Adds what was noted.
    pub(crate) fn told(&self, places: &mut Places) {
        for note in fs::read_dir(self.folder.path().join("noted")).unwrap() {
            let path = note.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            // The link is what a browser is started with.
            match path.to_str().unwrap() {
                name if name.ends_with("xdg-open, arguments") => places.add_shown(name, text),
                name => places.add(name, text),
            }
        }
    }

    /// Fails the test where something was not noted.
    #[track_caller]
    pub(crate) fn hold(&self, notes: &[&str]) {
        let mut places = Places::default();
        self.told(&mut places);
        places.hold(notes);
    }
}
