//! The report as Markdown.

use std::fmt::Write as _;

use time::{OffsetDateTime, UtcOffset, macros::format_description};

use super::{KeyState, Report, State, Where};
use crate::domain::answers::{Route, Tenant};

impl Report {
    /// For people of both companies.
    pub fn to_markdown(&self) -> String {
        let mut out = Markdown(String::new());
        let state = match self.state {
            State::Connected if !self.pull_was_seen => "set up, NOT PROVEN",
            state => state.words(),
        };
        out.line(&format!("# {}: {state}", text(&self.name)));
        self.head(&mut out);
        self.objects(&mut out);
        self.keys(&mut out);
        self.handed_over(&mut out);
        self.proof(&mut out);
        self.steps(&mut out);
        self.problems(&mut out);
        out.0
    }

    fn head(&self, out: &mut Markdown) {
        out.table(&["", ""]);
        out.row(&["setup", &self.setup.to_string()]);
        for (label, value) in [("cluster tenant", &self.cluster_tenant), ("registry tenant", &self.registry_tenant)] {
            if let Some(value) = value {
                out.row(&[label, &tenant(value)]);
            }
        }
        if self.handed_over {
            out.row(&["", "the registry's tenant was handed over to its own admin"]);
        }
        let rows = [
            ("cluster", self.cluster.as_ref().map(ToString::to_string)),
            ("registry", self.registry.as_ref().map(ToString::to_string)),
            ("login server", self.login_server.as_ref().map(ToString::to_string)),
            ("image", self.image.as_ref().map(ToString::to_string)),
            ("digest", self.digest.as_ref().map(ToString::to_string)),
            ("app (client) id", self.app_id.as_ref().map(ToString::to_string)),
            (
                "route",
                self.route.map(|route| match route {
                    Route::NewApp if self.state == State::Connected => {
                        "new-app: a new app became the cluster's identity".to_owned()
                    }
                    Route::NewApp => "new-app: a new app for the cluster".to_owned(),
                    Route::KeepApp => "keep-app: the cluster kept its app".to_owned(),
                }),
            ),
            ("begun", self.started.map(time)),
            ("last change", self.changed.map(time)),
        ];
        for (label, value) in rows {
            if let Some(value) = value {
                out.row(&[label, &value]);
            }
        }
    }

    fn objects(&self, out: &mut Markdown) {
        if !self.objects.is_empty() {
            out.line("\n## Objects\n");
            out.table(&["tenant", "what", "name", "object id", ""]);
            for object in &self.objects {
                let id = object.object_id.map_or_else(|| "not known".to_owned(), |id| id.to_string());
                out.row(&[place(object.tenant), object.kind, &object.name, &id, was_there(object.was_there)]);
            }
        }
        if !self.role_assignments.is_empty() {
            out.line("\n## Role assignments\n");
            out.table(&["tenant", "role", "scope", "assignment", ""]);
            for given in &self.role_assignments {
                let role = match &given.condition {
                    Some(condition) => format!("{}, if {condition}", given.role),
                    None => given.role.clone(),
                };
                let name = given.name.to_string();
                out.row(&[place(given.tenant), &role, &given.scope, &name, was_there(given.was_there)]);
            }
        }
    }

    fn keys(&self, out: &mut Markdown) {
        if !self.keys.is_empty() {
            out.line("\n## Keys\n");
            out.line("Secrets are not part of this report, and crosspull keeps none.\n");
            out.table(&["key id", "for", "ends", "state"]);
            for key in &self.keys {
                let state = match key.state {
                    KeyState::Made => "made, not used yet",
                    KeyState::SentToCluster => "sent to the cluster",
                    KeyState::GivenToPerson => "given to a person",
                    KeyState::Unusable => "never used; nobody has its secret",
                    KeyState::Removed => "removed",
                };
                out.row(&[&key.id.to_string(), &key.purpose.to_string(), &time(key.ends), state]);
            }
        }
        if self.route == Some(Route::KeepApp) {
            out.line("\n## Renewal\n");
            out.line(
                "The cluster kept its own secret, which this setup neither made nor knows. It is renewed as before; a \
                 renewal does not touch the connection.",
            );
        }
        if let Some(renewal) = &self.renewal {
            out.line("\n## Renewal\n");
            out.line(&format!(
                "**Renew the cluster's key by {}.** It ends on {}; after that the cluster cannot pull, scale or change \
                 load balancers and disks. The renewal replaces every node again.\n",
                day(renewal.by),
                day(renewal.ends)
            ));
            out.code("bash", &renewal.commands.join("\n"));
            out.line(
                "\nThe Azure CLI takes the secret as an argument, so run this where nobody else can list processes. \
                 Remove the old key when every pool shows Succeeded:\n",
            );
            out.code("bash", &renewal.remove_old);
        }
    }

    fn handed_over(&self, out: &mut Markdown) {
        if self.handed_over_steps.is_empty() {
            return;
        }
        let whose = self.registry_tenant.as_ref().map_or_else(|| "the registry's tenant".to_owned(), Tenant::label);
        out.line(&format!("\n## Of {}'s admin\n", text(&whose)));
        for step in &self.handed_over_steps {
            let state = match (step.done, step.vouched, step.seen) {
                (true, true, _) => "done, by that admin's word".to_owned(),
                (true, false, Some(at)) => format!("done, seen from outside {}", time(at)),
                (true, false, None) => "done".to_owned(),
                (false, _, _) => "TO BE DONE".to_owned(),
            };
            out.line(&format!("- {}: {} ({state})", step.step, text(&step.what)));
        }
    }

    fn proof(&self, out: &mut Markdown) {
        out.line("\n## Proof\n");
        if let (Some(server), Some(image), Some(digest)) = (&self.login_server, &self.image, &self.digest) {
            out.line(&format!("`{server}/{image}` was pulled with the app's own key: `{digest}`."));
        }
        if !self.proven_pools.is_empty() {
            out.line(&format!(
                "\nIt was pulled inside the cluster by pods on: {}.",
                text(&self.proven_pools.join(", "))
            ));
        }
        if !self.not_proven.is_empty() && self.state != State::TakenBack {
            out.line("\nNot proven:\n");
            for line in &self.not_proven {
                out.line(&format!("- {}", text(line)));
            }
        }
    }

    fn steps(&self, out: &mut Markdown) {
        if self.steps.is_empty() {
            return;
        }
        out.line("\n## Steps\n");
        out.table(&["step", "state", "begun", "done"]);
        for step in &self.steps {
            let [began, done] = [step.began, step.done].map(|at| at.map(time).unwrap_or_default());
            let stage = if step.vouched { "done, by their admin's word" } else { step.stage };
            out.row(&[step.step.name(), stage, &began, &done]);
        }
    }

    fn problems(&self, out: &mut Markdown) {
        if self.problems.is_empty() {
            return;
        }
        out.line("\n## Problems on the way\n");
        for failure in &self.problems {
            let problem = &failure.problem;
            let code = failure.code.as_deref().map(|code| format!("{code}, ")).unwrap_or_default();
            let after = match (failure.overcome, failure.vouched) {
                (true, _) => "overcome",
                (false, true) => "passed over on their admin's word",
                (false, false) => "open",
            };
            let mut ids = String::new();
            for (label, id) in [("request", &problem.request_id), ("correlation", &problem.correlation_id)] {
                if let Some(id) = id {
                    // Writing to a String cannot fail.
                    let _ = write!(ids, "; {label} {id}");
                }
            }
            out.line(&format!(
                "- {} {}: {code}{after}. {}{}",
                time(problem.at),
                failure.step,
                text(&problem.to_string()),
                text(&ids)
            ));
        }
    }
}

struct Markdown(String);

impl Markdown {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    /// Begins a table; an unnamed head begins it right under a heading.
    fn table(&mut self, head: &[&str]) {
        if head.iter().all(|cell| cell.is_empty()) {
            self.line("");
        }
        self.row(head);
        self.line(&format!("|{}", "---|".repeat(head.len())));
    }

    fn row(&mut self, cells: &[&str]) {
        let cells: Vec<String> = cells.iter().map(|cell| text(cell).replace('|', "\\|")).collect();
        self.line(&format!("| {} |", cells.join(" | ")));
    }

    fn code(&mut self, language: &str, code: &str) {
        self.line(&format!("```{language}\n{code}\n```"));
    }
}

/// Names and messages come from outside: neither a control character nor markup of theirs belongs in a report.
fn text(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().replace('<', "&lt;")
}

fn tenant(tenant: &Tenant) -> String {
    let names = [tenant.display_name.clone(), tenant.domain.clone(), Some(tenant.id.to_string())];
    names.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn place(place: Where) -> &'static str {
    match place {
        Where::Cluster => "cluster",
        Where::Registry => "registry",
    }
}

fn was_there(was_there: bool) -> &'static str {
    if was_there { "was there before" } else { "made" }
}

fn time(at: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    at.to_offset(UtcOffset::UTC).format(format).unwrap_or_default()
}

fn day(at: OffsetDateTime) -> String {
    at.to_offset(UtcOffset::UTC).date().to_string()
}
