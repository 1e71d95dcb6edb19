//! What a step sends, and the commands of the Azure CLI that would do the same by hand: for those who guide somebody, and
//! for those who want to know. Nothing of this is run.

use std::fmt::Write as _;

use super::{handover, registry_role};
use crate::domain::{
    Answers, AppId, Facts, Plan, StepId,
    answers::{Provision, Route, registered},
    key::{Purpose, label},
    plan::RoleMode,
};

/// A step by hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Equivalent {
    /// Method and address of what is sent. What is not known yet stands in braces.
    pub requests: Vec<String>,
    /// The commands, for bash. One may have several lines.
    pub az: Vec<String>,
    /// What has to be known besides.
    pub note: Option<&'static str>,
}

/// What stands for the app while nobody knows its id.
const APP: &str = "$APP";

/// What a step sends, and how to do it by hand.
pub fn of(step: StepId, plan: &Plan, answers: &Answers, facts: Option<&Facts>) -> Equivalent {
    let app = facts.and_then(Facts::app).map(|app| app.app_id);
    let known = app.map_or_else(|| APP.to_owned(), |app| app.to_string());
    let by = By { plan, answers, app: &known, app_id: app };
    match step {
        StepId::Registration => by.registration(),
        StepId::Adoption => by.adoption(),
        StepId::Identity => by.identity(),
        StepId::CarryOver => by.carry_over(),
        StepId::WatchKey => by.key(Purpose::Watch, 1),
        StepId::Consent => by.consent(),
        StepId::RegistryRole => by.registry_role(),
        StepId::Secret if plan.route == Route::NewApp => by.key(Purpose::Cluster, plan.secret_days),
        StepId::Secret => by.key(Purpose::Probe, 1),
        StepId::Probe => by.probe(),
        StepId::ClusterUpdate => by.cluster_update(),
        StepId::Proof => by.proof(),
        StepId::Sweep => by.sweep(),
    }
}

/// The whole setup as a script for bash, both tenants in turn. It holds no secret: the one that it makes stays in a
/// variable of the shell that runs it.
pub fn script(plan: &Plan, answers: &Answers) -> String {
    let mut out = format!(
        "#!/usr/bin/env bash\n# Lets {} pull from {}, by hand with the Azure CLI.\n# Read it first{}.\nset -euo pipefail\n\naz login --tenant {}\n",
        plan.cluster.id.name(),
        plan.registry.login_server,
        if plan.has(StepId::ClusterUpdate) { ": it replaces every node of the cluster" } else { "" },
        plan.cluster_tenant.id
    );
    let mut abroad = false;
    // Writing to a String cannot fail.
    for line in &plan.lines {
        let equivalent = of(line.step, plan, answers, None);
        if line.step == StepId::WatchKey || equivalent.az.is_empty() {
            continue;
        }
        let there = matches!(line.step, StepId::Consent | StepId::RegistryRole);
        if there && !abroad {
            let _ = writeln!(out, "\n# In the registry tenant, as somebody of {}.", plan.registry_tenant.label());
            let _ = writeln!(out, "az login --tenant {}", plan.registry_tenant.id);
        } else if !there && abroad {
            let _ = writeln!(out, "\n# Back in the cluster tenant, {}.", plan.cluster_tenant.label());
            let _ = writeln!(out, "az account set --subscription {}", plan.cluster.id.subscription());
        }
        abroad = there;
        let _ = writeln!(out, "\n# {}", line.text);
        if let Some(note) = equivalent.note {
            let _ = writeln!(out, "# {note}");
        }
        for command in equivalent.az {
            out.push_str(&command);
            out.push('\n');
        }
    }
    out
}

struct By<'a> {
    plan: &'a Plan,
    answers: &'a Answers,
    app: &'a str,
    app_id: Option<AppId>,
}

impl By<'_> {
    fn graph(&self, method: &str, path: &str) -> String {
        format!("{method} {}v1.0/{path}", self.plan.cloud.graph)
    }

    fn manager(&self, method: &str, scope: &str, path: &str) -> String {
        let base = self.plan.cloud.resource_manager.as_str().trim_end_matches('/');
        format!("{method} {base}{scope}{path}")
    }

    fn registration(&self) -> Equivalent {
        let name = &self.plan.app_name;
        Equivalent {
            requests: vec![self.graph("PATCH", &format!("applications(uniqueName='crosspull-{}')", self.plan.setup))],
            az: vec![format!(
                "APP=$(az ad app create --display-name {} --sign-in-audience AzureADMyOrg \\\n  --web-redirect-uris {} \
                 --query appId --output tsv)",
                quoted(name),
                registered(&self.answers.app.redirect_uri)
            )],
            note: Some("crosspull also locks the app's properties, and lists User.Read."),
        }
    }

    fn adoption(&self) -> Equivalent {
        let app = self.plan.cluster.client_id;
        Equivalent {
            requests: vec![self.graph("PATCH", &format!("applications(appId='{app}')"))],
            az: vec![
                format!("APP={app}"),
                "az ad app update --id \"$APP\" --sign-in-audience AzureADMultipleOrgs".to_owned(),
            ],
            note: Some("A web redirect and User.Read are added where they are missing."),
        }
    }

    fn identity(&self) -> Equivalent {
        Equivalent {
            requests: vec![
                self.graph("PATCH", &format!("servicePrincipals(appId='{}')", self.app)),
                self.graph("PATCH", &format!("applications(appId='{}')", self.app)),
            ],
            az: vec![
                format!("az ad sp create --id \"{}\"", self.app),
                format!("az ad app update --id \"{}\" --sign-in-audience AzureADMultipleOrgs", self.app),
            ],
            note: None,
        }
    }

    fn carry_over(&self) -> Equivalent {
        let taken = || self.plan.carry_over.iter().filter(|line| line.carry);
        let mut az = Vec::new();
        if taken().next().is_some() {
            az.push(format!("IDENTITY=$(az ad sp show --id \"{}\" --query id --output tsv)", self.app));
        }
        az.extend(taken().map(|line| {
            let condition = line.condition.as_ref().map(|text| {
                let version = line.condition_version.as_deref().unwrap_or("2.0");
                format!(" \\\n  --condition-version {version} --condition {}", quoted(text))
            });
            format!(
                "az role assignment create --role {} --scope {} \\\n  --assignee-object-id \"$IDENTITY\" \
                 --assignee-principal-type ServicePrincipal{}",
                line.role,
                quoted(&line.scope),
                condition.unwrap_or_default()
            )
        }));
        Equivalent {
            requests: taken()
                .map(|line| {
                    self.manager("PUT", &line.scope, "/providers/Microsoft.Authorization/roleAssignments/{name}")
                })
                .collect(),
            az,
            note: None,
        }
    }

    fn key(&self, purpose: Purpose, days: u16) -> Equivalent {
        let object = format!("applications(appId='{}')/addPassword", self.app);
        Equivalent {
            requests: vec![self.graph("POST", &object)],
            az: vec![format!(
                "SECRET=$(az ad app credential reset --id \"{}\" --append --display-name {} \\\n  --end-date \"$(date \
                 --utc --date='+{days} days' +%Y-%m-%dT%H:%M:%SZ)\" --query password --output tsv)",
                self.app,
                quoted(&label(self.plan.setup, purpose))
            )],
            note: Some("The secret stays in the variable: do not print it."),
        }
    }

    fn consent(&self) -> Equivalent {
        if self.answers.registry.provision == Provision::Direct {
            return Equivalent {
                requests: vec![self.graph("PATCH", &format!("servicePrincipals(appId='{}')", self.app))],
                az: vec![format!("az ad sp create --id \"{}\"", self.app)],
                note: None,
            };
        }
        Equivalent {
            requests: vec!["a person opens the consent link and accepts".to_owned()],
            az: vec![format!(
                "az ad sp show --id \"{app}\" --output none 2>/dev/null || az ad sp create --id \"{app}\"",
                app = self.app
            )],
            note: Some("The command makes the same principal as the consent page."),
        }
    }

    fn registry_role(&self) -> Equivalent {
        let Some(id) = &self.plan.registry.id else {
            let app = self.app_id.unwrap_or(self.plan.cluster.client_id);
            let commands = handover::commands(self.plan, app, &self.answers.registry.repositories).commands;
            // The first three sign in and find the principal.
            let az = commands.into_iter().skip(3).collect();
            return Equivalent { requests: vec!["its own admin gives the role".to_owned()], az, note: None };
        };
        let mode = self.plan.registry.mode.unwrap_or(RoleMode::Legacy);
        let repositories = &self.answers.registry.repositories;
        let condition = if mode == RoleMode::Abac && !repositories.is_empty() {
            let text = handover::repository_condition(repositories);
            format!(" \\\n  --condition-version 2.0 --condition {}", quoted(&text))
        } else {
            String::new()
        };
        Equivalent {
            requests: vec![self.manager(
                "PUT",
                id.as_str(),
                "/providers/Microsoft.Authorization/roleAssignments/{name}",
            )],
            az: vec![
                format!("PRINCIPAL=$(az ad sp show --id \"{}\" --query id --output tsv)", self.app),
                format!(
                    "az role assignment create --role {} --scope {} \\\n  --assignee-object-id \"$PRINCIPAL\" \
                     --assignee-principal-type ServicePrincipal{condition}",
                    registry_role::role(mode).id,
                    quoted(id.as_str())
                ),
            ],
            note: None,
        }
    }

    fn probe(&self) -> Equivalent {
        let (server, image) = (&self.plan.registry.login_server, &self.answers.registry.image);
        Equivalent {
            requests: vec![
                format!("GET https://{server}/oauth2/token"),
                format!("HEAD https://{server}/v2/{}/manifests/{}", image.repository, image.reference),
            ],
            az: vec![format!(
                "printf '%s' \"$SECRET\" | docker login {server} --username \"{}\" --password-stdin && docker pull \
                 {server}/{image}",
                self.app
            )],
            note: Some("Without Docker, leave this line out: the pull is only a test."),
        }
    }

    fn cluster_update(&self) -> Equivalent {
        let id = &self.plan.cluster.id;
        Equivalent {
            requests: vec![self.manager("POST", id.as_str(), "/resetServicePrincipalProfile")],
            az: vec![format!(
                "az aks update-credentials --resource-group {} --name {} --subscription {} \\\n  \
                 --reset-service-principal --service-principal \"{}\" --client-secret \"$SECRET\"",
                quoted(id.resource_group()),
                quoted(id.name()),
                id.subscription(),
                self.app
            )],
            note: Some("The Azure CLI takes the secret as an argument, which other users of the machine can see."),
        }
    }

    fn proof(&self) -> Equivalent {
        let id = &self.plan.cluster.id;
        let (server, image) = (&self.plan.registry.login_server, &self.answers.registry.image);
        Equivalent {
            requests: vec![self.manager("GET", id.as_str(), ""), self.manager("POST", id.as_str(), "/runCommand")],
            az: vec![format!(
                "az aks command invoke --resource-group {} --name {} --subscription {} \\\n  --command \"kubectl run \
                 crosspull-proof --image={server}/{image} --image-pull-policy=Always --restart=Never && kubectl get pods\"",
                quoted(id.resource_group()),
                quoted(id.name()),
                id.subscription(),
            )],
            note: Some("Remove the pod afterwards: kubectl delete pod crosspull-proof"),
        }
    }

    fn sweep(&self) -> Equivalent {
        Equivalent {
            requests: vec![self.graph("POST", &format!("applications(appId='{}')/removePassword", self.app))],
            az: vec![format!("az ad app credential list --id \"{}\" --output table", self.app)],
            note: Some(
                "Which secrets the cluster has used cannot be read from Azure; crosspull knows those of its own.",
            ),
        }
    }
}

/// A word for a shell, in single quotes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write as _,
        process::{Command, Stdio},
    };

    use super::*;
    use crate::sample;

    #[cfg(unix)]
    #[test]
    fn the_script_is_one_that_bash_reads() {
        for plan in [sample::plan(), sample::handed_over_plan()] {
            let text = script(&plan, &sample::answers());
            let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().unwrap();
            bash.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
            assert!(bash.wait().unwrap().success(), "{text}");
            assert!(text.contains("az aks update-credentials") && text.contains("az ad app create"), "{text}");
        }
    }

    #[test]
    fn every_step_says_what_it_sends_and_how_it_is_done_by_hand() {
        let plan = sample::plan();
        for step in StepId::ALL {
            let equivalent = of(step, &plan, &sample::answers(), None);
            assert!(!equivalent.az.is_empty() || step == StepId::CarryOver, "{step}");
            assert!(equivalent.az.iter().all(|line| !line.is_empty()), "{step}");
        }
    }

    #[test]
    fn names_from_outside_stay_inside_their_quotes() {
        let mut plan = sample::plan();
        plan.app_name = "it's $(rm)".to_owned();
        assert!(script(&plan, &sample::answers()).contains(r"'it'\''s $(rm)'"));
    }
}
