//! What a session would answer, out of the sample setup.

use std::sync::Arc;

use super::script::NOW;
use crate::{
    domain::{
        AppId, Draft, LoginServer, Plan, SetupId, SubscriptionId,
        answers::Tenant,
        sign_in::{Reason, SignIn},
    },
    engine::{JournalError, Record},
    report::Summary,
    sample,
    session::{Account, Found, Query, Row, Rows, SignedIn, Ticket, Unusable, Value, Wanted, Way},
    tui::{
        effect::Effect,
        model::Model,
        msg::{Kept, Msg, Opened},
        training::Suggested,
    },
};

pub(super) fn contoso() -> Tenant {
    sample::plan().cluster_tenant
}

pub(super) fn fabrikam() -> Tenant {
    sample::plan().registry_tenant
}

pub(super) fn accounts() -> Vec<Account> {
    let account = |name: &str, tenant: Tenant| Account {
        sign_in: SignIn::AzureCli,
        name: name.to_owned(),
        via: "Azure CLI".to_owned(),
        tenant: Some(tenant.id),
        tenant_name: tenant.display_name,
    };
    vec![account("ana@contoso.example", contoso()), account("ben@fabrikam.example", fabrikam())]
}

fn world() -> Suggested {
    let plan = sample::plan();
    Suggested {
        tenants: vec![contoso(), fabrikam()],
        cluster: Some("shop-prod".to_owned()),
        registry: Some("fabrikamimages".to_owned()),
        login_server: Some(plan.registry.login_server),
        image: "shop/web:1.4".parse().ok(),
        handed_over: false,
        pages: "http://localhost:1234".parse().ok(),
        admin: Some("ben@fabrikam.example".to_owned()),
    }
}

/// What comes back for an effect; nothing where the test has to say.
pub(super) fn to(effect: &Effect, model: &Model) -> Vec<Msg> {
    match effect {
        Effect::StartWorld(_) => vec![Msg::World(Ok(world()))],
        Effect::Detect => vec![Msg::Accounts(accounts())],
        Effect::Resolve(ticket, text) => {
            let tenant = if text.contains("fabrikam") { fabrikam() } else { contoso() };
            vec![Msg::Found(*ticket, Ok(Found { tenant, resource: text.parse().ok() }))]
        }
        Effect::SignIn { ticket, tenant, sign_in, .. } => {
            let known = accounts().into_iter().find(|one| one.tenant == Some(tenant.id) && one.sign_in == *sign_in);
            let account = known.map_or_else(|| "app 9999".to_owned(), |one| one.name);
            let tenant = if tenant.id == contoso().id { contoso() } else { fabrikam() };
            vec![Msg::SignedIn(*ticket, Ok(SignedIn { tenant, account, guest_of: None }))]
        }
        Effect::NameTenant { ticket, .. } => vec![Msg::Named(*ticket, fabrikam())],
        Effect::Look(ticket, query) => vec![Msg::Rows(rows(*ticket, query))],
        Effect::Plan(ticket, ..) => vec![Msg::Planned(*ticket, Ok(Arc::new(plan_for(&model.draft))))],
        Effect::Begin(answers, _) => {
            let plan = plan_for(&model.draft);
            vec![Msg::Opened(Ok(Box::new(opened(sample::confirmed((**answers).clone(), &plan), false))))]
        }
        _ => Vec::new(),
    }
}

fn plan_for(draft: &Draft) -> Plan {
    let mut plan = if draft.handed_over { sample::handed_over_plan() } else { sample::plan() };
    plan.setup = draft.setup;
    plan
}

pub(super) fn opened(records: Vec<Record>, resumed: bool) -> Opened {
    let progress = sample::fold(&sample::entries(records));
    let answers = Arc::clone(progress.answers().unwrap());
    Opened { progress, answers, resumed }
}

fn row(value: Value, label: &str, detail: &str, unusable: Option<&str>) -> Row {
    Row {
        value,
        label: label.to_owned(),
        detail: detail.to_owned(),
        unusable: unusable.map(|why| Unusable { words: why.to_owned(), code: Some("CP-101") }),
    }
}

pub(super) fn rows(ticket: Ticket, query: &Query) -> Rows {
    let plan = sample::plan();
    let cluster = |name: &str| plan.cluster.id.as_str().replace("shop-prod", name).parse().unwrap();
    let server = |name: &str| format!("{name}.azurecr.io").parse::<LoginServer>().unwrap();
    let registry = |name: &str| {
        let id = plan.registry.id.as_ref().unwrap().as_str().replace("fabrikamimages", name).parse().unwrap();
        row(Value::Registry { id, login_server: server(name) }, name, &format!("{name}.azurecr.io, northeurope"), None)
    };
    let tag = |name: &str| row(Value::Tag(name.to_owned()), name, "", None);
    let repository = |name: &str| row(Value::Repository(name.parse().unwrap()), name, "", None);
    let rows = match query {
        Query::Subscriptions { .. } => ["contoso-shop", "contoso-network"]
            .into_iter()
            .zip([1, 2])
            .map(|(name, digit)| {
                let id = SubscriptionId(sample::uuid(digit));
                row(Value::Subscription(id), name, &id.to_string(), None)
            })
            .collect(),
        Query::Clusters { .. } => vec![
            row(Value::Cluster(cluster("shop-prod")), "shop-prod", "shop, northeurope, 9 nodes", None),
            row(
                Value::Cluster(cluster("shop-msi")),
                "shop-msi",
                "shop, northeurope, 3 nodes",
                Some("it has a managed identity"),
            ),
            row(Value::Cluster(cluster("shop-test")), "shop-test", "shop, northeurope, 1 node", None),
        ],
        Query::Registries { .. } => vec![registry("fabrikamimages"), registry("fabrikamother")],
        Query::Repositories { .. } => vec![repository("hello-world"), repository("shop/web")],
        Query::Tags { .. } => vec![tag("1.4"), tag("1.5")],
    };
    Rows { ticket, rows, done: true, problem: None }
}

/// What is on the machine: a draft, one that waits, one that failed, one that is connected, one that cannot be read.
pub(super) fn kept() -> Vec<Kept> {
    let mut draft = Draft::new(SetupId(sample::uuid(2)));
    draft.cluster.tenant = Some(contoso());
    draft.cluster.typed = Some("contoso.example".to_owned());
    let setup = |records: Vec<Record>, name: &str| {
        let progress = sample::fold(&sample::entries(records));
        let summary = Summary { name: name.to_owned(), ..Summary::of(&progress) };
        Kept::Setup(Box::new(summary), Some(Box::new(progress)))
    };
    let mut waiting = sample::confirmed(sample::handed_over_answers(), &sample::handed_over_plan());
    waiting.extend(sample::registration());
    waiting.extend(sample::identity());
    let folder = std::path::Path::new("somewhere");
    let broken = JournalError::Damaged {
        path: folder.join("journal.jsonl"),
        line: 7,
        what: "its checksum does not fit".to_owned(),
    };
    vec![
        Kept::Draft(Box::new(draft), NOW - time::Duration::minutes(20)),
        setup(waiting, "waiting-shop"),
        setup(sample::failed(), "failed-shop"),
        Kept::Setup(Box::new(Summary::unreadable(SetupId(sample::uuid(8)), &broken)), None),
        setup(sample::connected(), "new-shop"),
    ]
}

/// A client id that is typed.
pub(super) fn client_id() -> String {
    AppId(sample::uuid(9)).to_string()
}

/// A sign-in's page, with a link as long as Entra's are.
pub(super) fn in_browser(state: &str) -> Way {
    let link = |mode: &str, state: &str| {
        let text = format!(
            "https://login.microsoftonline.com/{}/oauth2/v2.0/authorize?client_id={}&response_type=code&response_mode={mode}\
             &redirect_uri=http%3A%2F%2Flocalhost%3A41234\
             &scope=https%3A%2F%2Fmanagement.core.windows.net%2F%2F.default+openid+profile+offline_access\
             &state={state:x<64}&nonce={:n<64}&code_challenge={:c<43}&code_challenge_method=S256\
             &claims=%7B%22access_token%22%3A%7B%22xms_cc%22%3A%7B%22values%22%3A%5B%22CP1%22%5D%7D%7D%7D\
             &prompt=select_account",
            fabrikam().id,
            client_id(),
            "",
            "",
        );
        text.parse().unwrap()
    };
    Way::Browser {
        here: link("form_post", &format!("{state}-here-")),
        elsewhere: link("query", &format!("{state}-far-")),
    }
}

/// Where a browser ends on another machine.
pub(super) fn ended_on(state: &str) -> String {
    let state = format!("{state}-far-");
    format!("http://localhost:41234/?code=a-code-of-the-tests&state={state:x<64}&session_state=1")
}

/// A code to be typed.
pub(super) fn with_code() -> Way {
    let page = "https://login.microsoft.com/device".parse().unwrap();
    Way::Code { code: "FAKECODE1".to_owned(), page, ends: NOW + time::Duration::minutes(15) }
}

/// A sign-in that waits.
pub(super) fn wanted(id: u64, tenant: &Tenant, reason: Reason, way: Way) -> Wanted {
    let person = if tenant.id == contoso().id { "ana" } else { "ben" };
    let account = (reason != Reason::First).then(|| format!("{person}@{}", tenant.domain.as_deref().unwrap_or("home")));
    Wanted { id, tenant: tenant.id, account, client: None, reason, way }
}
