//! Every screen there is, each reached by keys as a person would reach it.

mod waits;

use std::sync::Arc;

use time::Duration;

pub(super) use waits::waits;

use super::{
    answers,
    script::{NOW, Script},
    sign_ins,
};
use crate::{
    domain::{
        Finding, Looking, Plan, Problem, Severity, StepId, Subject, answers::Route, plan::Action, problem::ProblemKind,
    },
    engine::{
        Event, Idle, Record,
        event::{Doing, Ended, NodesReview, Status, Statuses},
        record::Next,
    },
    error::ExitCode,
    sample,
    secret::Secret,
    session::{Outcome, RequestRecord, Rows, Ticket},
    tui::{
        clipboard::Copied,
        effect::Effect,
        msg::{Msg, NoPlan, NotOpened},
        trouble::Trouble,
    },
};

/// A screen with its name.
pub(super) type Scene = (&'static str, Script);

/// What belongs together.
pub(super) const GROUPS: [fn() -> Vec<Scene>; 8] =
    [first, questions, sign_ins::scenes, plans, runs, waits, failures, ends];

/// All of them.
pub(super) fn all() -> Vec<Scene> {
    GROUPS.iter().flat_map(|group| group()).collect()
}

fn trouble(said: &str) -> Trouble {
    Trouble { said: said.to_owned(), problem: None, code: ExitCode::Internal }
}

/// The demo's list, and the first screen.
pub(super) fn first() -> Vec<Scene> {
    let kept = || Script::begun(answers::kept());
    let unset = || trouble("Could not sign in as 99999999: the environment variable SHOP_SECRET is empty or not set.");
    vec![
        ("demo", Script::demo()),
        ("demo-begun", Script::demo().then("<enter>")),
        ("start", Script::begun(Vec::new())),
        ("start-list", kept()),
        ("start-draft-inspected", kept().then("i")),
        ("start-failed-inspected", kept().then("<down><down>i")),
        ("start-unreadable", kept().then("<down><down><down><enter>")),
        ("start-forget", kept().then("f")),
        ("start-forget-refused", kept().then("<down>f")),
        ("start-opening", kept().then("<down><enter>")),
        (
            "start-not-opened",
            kept().then("<down><enter>").hears(Msg::Opened(Err(NotOpened { trouble: unset(), known: None }))),
        ),
        ("run-not-opened", {
            let known = Some(Box::new(answers::opened(until(StepId::Consent), true)));
            kept().then("<down><enter>").hears(Msg::Opened(Err(NotOpened { trouble: unset(), known })))
        }),
        ("start-shared", Script::begun(Vec::new()).shared().hears(Msg::Setups(Ok(answers::kept())))),
        ("keys", kept().then("?")),
    ]
}

/// To the question on the image, with the answers that are marked.
fn to_image() -> Script {
    Script::begun(Vec::new()).then("<enter><enter><enter><enter><enter><enter><enter><enter><enter>")
}

pub(super) fn questions() -> Vec<Scene> {
    let begun = || Script::begun(Vec::new()).then("<enter>");
    let cluster = || begun().then("<enter><enter><enter>");
    let denied = sample::problem();
    let ticket = |script: &Script| match script.asked.last() {
        Some(Effect::Look(ticket, _) | Effect::Resolve(ticket, _)) => *ticket,
        other => panic!("nothing is looked up: {other:?}"),
    };
    let looking = begun().then("<enter><enter>").without_answers().then("<enter>");
    let at = ticket(&looking);
    let half = looking.hears(Msg::Rows(Rows {
        ticket: at,
        rows: answers::rows(at, &crate::session::Query::Subscriptions { at: who() }).rows,
        done: false,
        problem: None,
    }));
    let unread = begun().then("<enter><enter>").without_answers().then("<enter>");
    let at = ticket(&unread);
    let unread = unread.hears(Msg::Rows(Rows { ticket: at, rows: Vec::new(), done: true, problem: Some(denied) }));
    let unknown = begun().without_answers().then("nowhere.example<enter>");
    let at = ticket(&unknown);
    let unknown = unknown.hears(Msg::Found(
        at,
        Err(trouble("Could not find the tenant nowhere.example: AzureCloud knows no such tenant.")),
    ));
    vec![
        ("tenant", begun()),
        ("tenant-typed", begun().then("fab")),
        ("tenant-resolving", begun().without_answers().then("nowhere.example<enter>")),
        ("tenant-unknown", unknown),
        ("account", begun().then("<enter>")),
        ("client-id", begun().then("<enter>service<enter>")),
        ("client-id-wrong", begun().then("<enter>service<enter>me<enter>")),
        ("secret-variable", begun().then(&format!("<enter>service<enter>{}<enter>", answers::client_id()))),
        ("secret-pasted", {
            let script = begun().then(&format!("<enter>service<enter>{}<enter>", answers::client_id()));
            let erase = "<back>".repeat(30);
            script
                .then(&erase)
                .hears(Msg::Paste(Secret::new("abC8Q~aVeryLongSecretThatWasPastedHere1x")))
                .then("<enter>")
        }),
        ("subscription", begun().then("<enter><enter>")),
        ("cluster", cluster()),
        ("cluster-coming", half),
        ("cluster-unread", unread),
        ("cluster-unusable", cluster().then("<down><enter>")),
        ("cluster-none-is-called-that", cluster().then("nothing<enter>")),
        ("registry-tenant", cluster().then("<enter>")),
        ("registry-account", cluster().then("<enter><enter>")),
        ("login-server", handed_over()),
        ("login-server-wrong", handed_over().then("not a server<enter>")),
        ("image-typed", handed_over().then("fabrikamimages.azurecr.io<enter>")),
        ("registry", cluster().then("<enter><enter><enter><enter>")),
        ("image", to_image()),
        ("tag", to_image().then("<down><enter>")),
    ]
}

fn who() -> crate::session::At {
    crate::session::At { tenant: answers::contoso(), sign_in: crate::domain::answers::SignIn::AzureCli }
}

/// At the question on the login server: the registry's side is handed over.
fn handed_over() -> Script {
    Script::begun(Vec::new()).then("<enter><enter><enter><enter><enter><enter>hand<enter>")
}

/// At the plan.
pub(super) fn planned() -> Script {
    to_image().then("<down><enter><enter>")
}

fn planned_handed_over() -> Script {
    handed_over().then("fabrikamimages.azurecr.io<enter>shop/web:1.4<enter>")
}

/// A plan is being made.
fn planning() -> (Script, Ticket) {
    let making = to_image().then("<down><enter>").without_answers().then("<enter>");
    let at = match making.asked.last() {
        Some(Effect::Plan(ticket, ..)) => *ticket,
        other => panic!("no plan is made: {other:?}"),
    };
    (making, at)
}

/// A plan was made, or why not.
pub(super) fn refused(came: Result<Arc<Plan>, NoPlan>) -> Script {
    let (making, at) = planning();
    making.hears(Msg::Planned(at, came))
}

/// A look that is half done: something stops it, something is good, something is still to come.
fn half_looked(stop: &Finding) -> Looking {
    let warning = sample::plan().findings.remove(0);
    let note = crate::catalogue::entry("CP-124").unwrap().finding(
        Severity::Note,
        "The tenant's rules for apps could not be read".to_owned(),
        &[],
    );
    let mut looking = Looking::default();
    looking.seen(Subject::Tenants, Vec::new());
    looking.seen(Subject::Rules, vec![note]);
    looking.seen(Subject::Cluster, vec![stop.clone()]);
    looking.seen(Subject::Reach, vec![warning]);
    looking
}

pub(super) fn plans() -> Vec<Scene> {
    let stop = crate::catalogue::entry("CP-101").unwrap().finding(
        Severity::Stop,
        "shop-msi has a managed identity".to_owned(),
        &[("cluster", "shop-msi")],
    );
    let mut stopped = sample::plan();
    stopped.findings.push(stop.clone());
    let mut keeps = sample::plan();
    keeps.route = Route::KeepApp;
    keeps.lines.retain(|line| line.step != StepId::ClusterUpdate);
    keeps.lines[0].step = StepId::Adoption;
    keeps.lines[0].action = Action::Change;
    let keeps = refused(Ok(Arc::new(keeps)));
    let stopped = refused(Ok(Arc::new(stopped)));
    let (looked, at) = planning();
    let looked = looked.hears(Msg::Looking(at, half_looked(&stop))).later(Duration::seconds(4));
    vec![
        ("plan-making", planning().0.later(Duration::seconds(4))),
        ("plan-looking", looked),
        ("plan", planned()),
        ("plan-handed-over", planned_handed_over()),
        ("plan-keeps-the-app", keeps),
        ("plan-line", planned().then("<home><enter>")),
        ("plan-line-update", planned().then("<home><down><down><down><down><down><down><down><enter>")),
        ("plan-roles", planned().then("<home><down><down><enter>")),
        ("plan-roles-unticked", planned().then("<home><down><down><enter> ")),
        ("plan-change", planned().then("e")),
        ("plan-change-lifetime", planned().then("e<down><down><enter>9999<enter>")),
        ("plan-change-repositories", planned().then("e<end><enter>")),
        ("plan-script", planned().then("x")),
        ("plan-findings", planned().then("w")),
        ("plan-warnings", planned().then("<enter>")),
        ("plan-stopped", stopped),
        ("plan-refused", refused(Err(NoPlan::Findings(vec![stop])))),
        ("plan-failed", refused(Err(NoPlan::Trouble(sample::problem().into())))),
        ("plan-not-signed-in", {
            let tried = "sign in to Fabrikam (fabrikam.example)";
            let said = "the sign-in was left here before it was done; Azure refused nothing";
            let left = problem(ProblemKind::SignIn, tried, None, Some("SignInGivenUp"), said);
            refused(Err(NoPlan::Trouble(left.into())))
        }),
        ("plan-leave", planned().then("q")),
        ("plan-leave-far", {
            let mut script = planned().then("q");
            script.model.started = crate::words::again::Started::default()
                .with("--resource-manager", Some("https://management.local.azurestack.external/"))
                .with("--data-dir", Some("/home/ana/setups of our customers"));
            script
        }),
    ]
}

/// A run with these records, as the first process sees it.
pub(super) fn run(records: Vec<Record>) -> Script {
    let mut script = planned();
    script.silent = true;
    script.hears(Msg::Opened(Ok(Box::new(answers::opened(records, false)))))
}

fn resumed(records: Vec<Record>) -> Script {
    let mut script = Script::begun(Vec::new());
    script.silent = true;
    script.hears(Msg::Opened(Ok(Box::new(answers::opened(records, true)))))
}

/// The records of a setup that went well, up to the one before this one.
pub(super) fn until(step: StepId) -> Vec<Record> {
    let all = sample::connected();
    let end = all.iter().position(|record| matches!(record, Record::Intent { step: begun, .. } if *begun == step));
    all[..end.unwrap()].to_vec()
}

pub(super) fn status(step: StepId, doing: Doing, what: &str, said: Option<&str>) -> Msg {
    let status = Status {
        doing,
        what: what.to_owned(),
        said: said.map(str::to_owned),
        since: NOW,
        next_look: Some(NOW + Duration::minutes(18) + Duration::seconds(12)),
    };
    Msg::Statuses(Statuses::from([(step, status)]))
}

const EIGHTEEN: Duration = Duration::minutes(18);

pub(super) fn runs() -> Vec<Scene> {
    let running = || status(StepId::Registration, Doing::Running, "", None);
    let review = |differences: Vec<String>| {
        let plan = sample::plan();
        Msg::Engine(Event::ConfirmNodes(Arc::new(NodesReview {
            hash: plan.nodes_hash(),
            cluster: plan.cluster,
            differences,
            as_planned: false,
        })))
    };
    let nodes = |differences: Vec<String>| {
        run(until(StepId::ClusterUpdate)).hears(review(differences)).hears(Msg::Engine(Event::Idle(Idle::Nodes)))
    };
    let lost = {
        let mut records = until(StepId::RegistryRole);
        records.push(Record::Lost { step: StepId::Consent });
        records.push(Record::Planned { plan: Box::new(sample::plan()) });
        resumed(records).hears(Msg::Engine(Event::Looked)).hears(Msg::Engine(Event::Idle(Idle::Plan)))
    };
    let request = RequestRecord {
        at: NOW,
        operation: "graph.applications.upsert",
        method: "PATCH".to_owned(),
        url: "https://graph.microsoft.com/v1.0/applications(uniqueName='crosspull-33333333')".to_owned(),
        outcome: Outcome::Status(201),
        duration: std::time::Duration::from_millis(412),
        request_id: Some(sample::uuid(1).to_string()),
        correlation_id: Some(sample::uuid(2).to_string()),
    };
    vec![
        (
            "run-begins",
            run(sample::confirmed(sample::answers(), &sample::plan())).hears(running()).later(Duration::seconds(2)),
        ),
        ("run-details", run(until(StepId::Consent)).hears(Msg::Request(Arc::new(request))).then("<f2>")),
        ("run-resumed", resumed(until(StepId::Consent))),
        ("run-resumed-unseen", {
            let unseen = status(StepId::Identity, Doing::Visibility, "what was done to show", Some("not there so far"));
            resumed(until(StepId::Consent)).hears(unseen).later(EIGHTEEN)
        }),
        ("run-plan-changed", lost),
        ("run-nodes", nodes(Vec::new())),
        ("run-nodes-different", nodes(vec!["web has 6 nodes, and had 5".to_owned()])),
        ("run-nodes-again", {
            let failed = problem(
                ProblemKind::Azure,
                "give the cluster the app",
                None,
                Some("PodDrainFailure"),
                "the operation ended Failed: Pod eviction was refused by a disruption budget.",
            );
            let failed = failed_at(StepId::ClusterUpdate, failed);
            let asks = run(until(StepId::ClusterUpdate)).hears(failed).hears(review(Vec::new()));
            asks.hears(Msg::Engine(Event::Idle(Idle::Nodes)))
        }),
        ("run-nodes-typed", nodes(Vec::new()).then("<enter>shop")),
        ("run-nodes-wrong", nodes(Vec::new()).then("<enter>shop<enter>")),
        ("run-update", {
            let mut records = until(StepId::Proof);
            records.pop();
            run(records)
                .hears(status(
                    StepId::ClusterUpdate,
                    Doing::Operation,
                    "the cluster update",
                    Some("InProgress 40 %; pool web Updating"),
                ))
                .later(EIGHTEEN)
        }),
        ("run-throttled", {
            let waits = status(StepId::CarryOver, Doing::Throttling, "Resource Manager", Some("429"));
            run(until(StepId::CarryOver)).hears(waits).later(EIGHTEEN)
        }),
        ("run-by-hand", run(until(StepId::Consent)).then("x")),
        ("run-leave", run(until(StepId::Consent)).hears(running()).then("q")),
        (
            "run-other-account",
            run(until(StepId::Consent)).hears(failed_at(StepId::Consent, sample::problem())).then("e"),
        ),
        ("run-broken", {
            let ended = Msg::RunOver(Err(trouble("Could not write the journal: No space left on device.")));
            run(until(StepId::Consent)).hears(ended)
        }),
        ("run-stopped", run(until(StepId::Consent)).hears(Msg::RunOver(Ok(Ended::Stopped)))),
    ]
}

/// A failure, as the engine tells it.
pub(super) fn failed_at(step: StepId, problem: Problem) -> Msg {
    let record = Record::Failed { step, problem: Box::new(problem), next: Next::Again };
    let entry = sample::entries(vec![record]).remove(0);
    Msg::Engine(Event::Recorded(Arc::new(entry)))
}

pub(super) fn problem(
    kind: ProblemKind,
    tried: &str,
    status: Option<u16>,
    code: Option<&str>,
    message: &str,
) -> Problem {
    Problem {
        status,
        code: code.map(str::to_owned),
        request_id: status.map(|_| sample::uuid(5).to_string()),
        correlation_id: status.map(|_| sample::uuid(6).to_string()),
        ..Problem::new(kind, tried, message, NOW)
    }
}

/// Every kind of failure, each in a step where it happens.
#[expect(clippy::too_many_lines, reason = "a list")]
pub(super) fn failures() -> Vec<Scene> {
    use ProblemKind::{Answers, Azure, Internal, Local, Network, SignIn};
    let at = |step: StepId, problem: Problem| run(until(step)).hears(failed_at(step, problem));
    let behind_firewall = || {
        let message = "client with IP '203.0.113.7' is not allowed access.";
        at(StepId::Probe, problem(Azure, "pull shop/web:1.4", Some(403), Some("DENIED"), message))
    };
    vec![
        ("failed-role", run(sample::failed())),
        (
            "failed-sign-in",
            at(
                StepId::Registration,
                problem(
                    SignIn,
                    "register the app",
                    Some(400),
                    Some("AADSTS70043"),
                    "AADSTS70043: The refresh token has expired or is invalid due to sign-in frequency checks by conditional access.",
                ),
            ),
        ),
        (
            "failed-network",
            at(
                StepId::Identity,
                problem(
                    Network,
                    "make the app's identity",
                    None,
                    None,
                    "graph.microsoft.com cannot be reached: connection refused",
                ),
            ),
        ),
        (
            "failed-throttled",
            at(
                StepId::CarryOver,
                problem(
                    Azure,
                    "give the new identity Contributor",
                    Some(429),
                    Some("TooManyRequests"),
                    "The request was throttled.",
                ),
            ),
        ),
        (
            "failed-unclear",
            at(
                StepId::Secret,
                problem(
                    Azure,
                    "make a secret for the app",
                    Some(503),
                    Some("ServiceUnavailable"),
                    "The service is unavailable.",
                ),
            ),
        ),
        (
            "failed-policy",
            at(
                StepId::Secret,
                problem(
                    Azure,
                    "make a secret for the app",
                    Some(400),
                    Some("CredentialTypeNotAllowedAsPerAppPolicy"),
                    "Credential type not allowed as per policy.",
                ),
            ),
        ),
        ("failed-probe", behind_firewall()),
        (
            "failed-update",
            at(
                StepId::ClusterUpdate,
                problem(
                    Azure,
                    "give the cluster the app",
                    None,
                    Some("PodDrainFailure"),
                    "the operation ended Failed: Pod eviction was refused by a disruption budget.",
                ),
            ),
        ),
        ("failed-probe-vouched", behind_firewall().then("v")),
        (
            "failed-local",
            at(
                StepId::Registration,
                problem(Local, "go on with this setup", None, None, "the journal is not complete"),
            ),
        ),
        (
            "failed-answers",
            at(StepId::Consent, problem(Answers, "find the image", None, None, "shop/web has no tag 1.4")),
        ),
        (
            "failed-internal",
            at(StepId::Consent, problem(Internal, "go on", None, None, "the plan should be known by now")),
        ),
        (
            "failed-copied",
            run(sample::failed())
                .hears(Msg::Copied { what: "the failure", how: Copied::Clipboard { cleared_after: None } }),
        ),
    ]
}

pub(super) fn ends() -> Vec<Scene> {
    let proven =
        || run(sample::connected()).hears(Msg::RunOver(Ok(Ended::Closed(crate::engine::record::Outcome::Connected))));
    vec![
        ("proof", proven()),
        ("proof-report", proven().hears(Msg::Saved("new-shop-report.md".into(), "new-shop-report.json".into()))),
        ("proof-show-secret", proven().then("v")),
        ("proof-secret", proven().hears(Msg::Revealed(Ok(Secret::new("a-secret-of-the-tests"))))),
        (
            "proof-secret-copied",
            proven().hears(Msg::Copied { what: "the secret", how: Copied::Clipboard { cleared_after: Some(45) } }),
        ),
        ("proof-secret-cleared", proven().hears(Msg::ClipboardCleared)),
        ("proof-keys", proven().then("?")),
        ("proof-shared", proven().shared()),
        ("proof-resumed", resumed(sample::connected())),
    ]
}
