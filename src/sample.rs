//! One setup as tests of texts need it: its answers, plan and records.

use time::{Duration, OffsetDateTime, macros::datetime};
use url::Url;
use uuid::Uuid;

use crate::{
    domain::{
        Answers, AppId, Cloud, Digest, Key, KeyId, ObjectId, Output, Plan, Problem, Purpose, SetupId, Severity, Side,
        StepId, TenantId,
        answers::{Route, Tenant},
        cloud::KnownCloud,
        facts::{Adopted, App, Consented, Given, PoolProof, Principal, Proven, Pulled, Swept, Update},
        key::Delivery,
        plan::{Action, CarryLine, ClusterSeen, Line, PoolSeen, RegistrySeen, RoleMode},
        problem::ProblemKind,
        role,
    },
    engine::{
        Entry, Progress, Record,
        record::{Next, Outcome, SCHEMA},
    },
};

pub(crate) const BEGIN: OffsetDateTime = datetime!(2026-11-23 13:02:11 UTC);

pub(crate) fn uuid(digit: u8) -> Uuid {
    Uuid::parse_str(&format!(
        "{0}{0}{0}{0}{0}{0}{0}{0}-{0}{0}{0}{0}-4{0}{0}{0}-8{0}{0}{0}-{0}{0}{0}{0}{0}{0}{0}{0}{0}{0}{0}{0}",
        digit % 10
    ))
    .unwrap()
}

pub(crate) fn app() -> AppId {
    AppId(uuid(5))
}

pub(crate) fn answers() -> Answers {
    crate::setup_file::parse(
        &format!(
            "name = \"new-shop\"\n[cluster]\nid = \"{}\"\n[registry]\nid = \"{}\"\nimage = \"shop/web:1.4\"\n",
            plan().cluster.id,
            plan().registry.id.unwrap()
        ),
        std::path::Path::new("setup.toml"),
    )
    .unwrap()
}

pub(crate) fn handed_over_answers() -> Answers {
    let mut answers = answers();
    answers.registry.sign_in = None;
    answers.registry.id = None;
    answers.registry.login_server = Some("fabrikamimages.azurecr.io".parse().unwrap());
    answers
}

pub(crate) fn plan() -> Plan {
    use StepId::{
        CarryOver, ClusterUpdate, Consent, Identity, Probe, Proof, Registration, RegistryRole, Secret, Sweep,
    };
    let line = |step: StepId, needs: &[StepId], action, text: &str, changes: &[&str]| Line {
        step,
        needs: needs.to_vec(),
        side: step.side(),
        action,
        text: text.to_owned(),
        changes: changes.iter().map(|change| (*change).to_owned()).collect(),
    };
    let pool = |name: &str, count| PoolSeen {
        name: name.to_owned(),
        count,
        os_type: "Linux".to_owned(),
        running: true,
        node_image: Some("AKSUbuntu-2204gen2containerd-202611.01.0".to_owned()),
    };
    let carry = |scope: &str, role_name: &str, carry| CarryLine {
        id: format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{}", uuid(8)),
        scope: scope.to_owned(),
        role_definition: format!("/providers/Microsoft.Authorization/roleDefinitions/{}", uuid(9)),
        role: uuid(9),
        role_name: role_name.to_owned(),
        condition: None,
        condition_version: None,
        carry,
    };
    let subscription = uuid(1);
    Plan {
        setup: SetupId(uuid(3)),
        route: Route::NewApp,
        route_reason: "the present app serves this cluster alone".to_owned(),
        cloud: Cloud::known(KnownCloud::Public),
        cluster_tenant: Tenant {
            id: TenantId(uuid(6)),
            domain: Some("contoso.example".to_owned()),
            display_name: Some("Contoso".to_owned()),
        },
        registry_tenant: Tenant {
            id: TenantId(uuid(7)),
            domain: Some("fabrikam.example".to_owned()),
            display_name: Some("Fabrikam".to_owned()),
        },
        cluster: ClusterSeen {
            id: format!("/subscriptions/{subscription}/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/shop-prod")
                .parse()
                .unwrap(),
            location: "northeurope".to_owned(),
            client_id: AppId(uuid(4)),
            principal: Some(ObjectId(uuid(4))),
            node_resource_group: "MC_shop_shop-prod_northeurope".to_owned(),
            pools: vec![pool("system", 3), pool("web", 6)],
            way_back: Some(true),
            run_command: true,
        },
        registry: RegistrySeen {
            id: Some(
                format!("/subscriptions/{}/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/fabrikamimages", uuid(2))
                    .parse()
                    .unwrap(),
            ),
            login_server: "fabrikamimages.azurecr.io".parse().unwrap(),
            mode: Some(RoleMode::Legacy),
            anonymous: Some(false),
        },
        app_name: "crosspull new-shop".to_owned(),
        secret_days: 365,
        carry_over: vec![
            carry(&format!("/subscriptions/{subscription}/resourceGroups/MC_shop_shop-prod_northeurope"), "Contributor", true),
            carry(&format!("/subscriptions/{subscription}/resourceGroups/old"), "Reader", false),
        ],
        present_app: None,
        lines: vec![
            line(Registration, &[], Action::Create, "register app \"crosspull new-shop\"", &["one redirect: https://www.microsoft.com", "one permission: User.Read of Microsoft Graph"]),
            line(Identity, &[Registration], Action::Create, "its identity in Contoso", &[]),
            line(CarryOver, &[Identity], Action::Create, "carry over 1 of 2 roles", &[]),
            line(Consent, &[Identity], Action::AskPerson, "consent", &[]),
            line(RegistryRole, &[Consent], Action::Create, "AcrPull on fabrikamimages", &[]),
            line(Secret, &[RegistryRole], Action::Create, "secret until 2027-11-23", &[]),
            line(Probe, &[Secret], Action::ReadOnly, "test a pull of shop/web:1.4", &[]),
            line(ClusterUpdate, &[Probe, CarryOver], Action::ConfirmThen, "switch shop-prod to the app: REPLACES 9 NODES", &[]),
            line(Proof, &[ClusterUpdate], Action::ReadOnly, "prove it", &[]),
            line(Sweep, &[Proof], Action::Remove, "remove unused keys", &[]),
        ],
        findings: vec![crate::catalogue::entry("CP-132").unwrap().finding(
            Severity::Warning,
            "fabrikamimages lets 2 addresses in, and not this machine's".to_owned(),
            &[("registry", "fabrikamimages"), ("ip", "203.0.113.7")],
        )],
    }
}

/// The same with the registry's tenant handed over.
pub(crate) fn handed_over_plan() -> Plan {
    let mut plan = plan();
    (plan.registry.id, plan.registry.mode) = (None, None);
    let watch = Line {
        step: StepId::WatchKey,
        needs: vec![StepId::Identity],
        side: Side::Cluster,
        action: Action::Create,
        text: "a key for a day, to watch from outside".to_owned(),
        changes: Vec::new(),
    };
    for line in &mut plan.lines {
        if line.step.side() == Side::Registry {
            line.action = Action::AskPerson;
        }
    }
    plan.lines.insert(3, watch);
    plan
}

pub(crate) fn problem() -> Problem {
    Problem {
        kind: ProblemKind::Azure,
        tried: "give the app AcrPull on fabrikamimages".to_owned(),
        code: Some("AuthorizationFailed".to_owned()),
        inner_codes: Vec::new(),
        message: "The client 'ben@fabrikam.example' with object id '00000000-0000-0000-0000-000000000000' does not \
                  have authorization to perform action 'Microsoft.Authorization/roleAssignments/write' over scope \
                  '/subscriptions/22222222-2222-4222-8222-222222222222'."
            .to_owned(),
        status: Some(403),
        request_id: Some("5f2c0a1e-6c0e-4a53-9a38-0f6d1b7f2e11".to_owned()),
        correlation_id: Some("c1b7e6d2-0f4b-4b0e-8d55-2f9a7c3e4410".to_owned()),
        untouched: false,
        at: datetime!(2026-11-23 13:31:07 UTC),
    }
}

/// Entries a minute apart.
pub(crate) fn entries(records: impl IntoIterator<Item = Record>) -> Vec<Entry> {
    (1_u64..)
        .zip(records)
        .map(|(seq, record)| Entry { seq, at: BEGIN + Duration::minutes(i64::try_from(seq).unwrap() - 1), record })
        .collect()
}

pub(crate) fn fold(entries: &[Entry]) -> Progress {
    let mut progress = Progress::default();
    for entry in entries {
        progress.apply(entry).unwrap_or_else(|illegal| panic!("{}: {illegal}", entry.seq));
    }
    progress
}

/// The records up to the confirmed plan.
pub(crate) fn confirmed(answers: Answers, plan: &Plan) -> Vec<Record> {
    vec![
        Record::Opened { schema: SCHEMA, setup: plan.setup },
        Record::Answered { answers: Box::new(answers) },
        Record::Planned { plan: Box::new(plan.clone()) },
        Record::Confirmed { hash: plan.hash() },
    ]
}

pub(crate) fn step(step: StepId, output: Output) -> [Record; 3] {
    [
        Record::Intent { step, key: None, client_before: None },
        Record::Applied { step, output: Box::new(output) },
        Record::Done { step, output: None },
    ]
}

pub(crate) fn registration() -> [Record; 3] {
    let app = App { app_id: app(), object_id: ObjectId(uuid(5)), display_name: "crosspull new-shop".to_owned() };
    step(StepId::Registration, Output::Registration(app))
}

pub(crate) fn identity() -> [Record; 3] {
    step(StepId::Identity, Output::Identity(Principal { object_id: ObjectId(uuid(6)) }))
}

/// Up to the consent, which a person gave; then the registry role fails.
pub(crate) fn failed() -> Vec<Record> {
    let mut records = confirmed(answers(), &plan());
    records.extend(registration());
    records.extend(identity());
    records.extend(consent());
    records.push(Record::Intent { step: StepId::RegistryRole, key: None, client_before: None });
    records.push(Record::Failed { step: StepId::RegistryRole, problem: Box::new(problem()), next: Next::Again });
    records
}

pub(crate) fn consent() -> [Record; 3] {
    let consented = Consented { object_id: Some(ObjectId(uuid(7))), was_there: false, by_person: true };
    step(StepId::Consent, Output::Consent(consented))
}

pub(crate) fn pulled() -> Pulled {
    Pulled {
        image: "fabrikamimages.azurecr.io/shop/web:1.4".to_owned(),
        digest: Some(format!("sha256:{}", "ab".repeat(32)).parse::<Digest>().unwrap()),
        key: KeyId(uuid(1)),
        at: datetime!(2026-11-23 14:00:00 UTC),
        anonymous: false,
    }
}

/// From the first record to the last of a setup that went well, but for one pool that could not be looked into.
pub(crate) fn connected() -> Vec<Record> {
    let given = |scope: String, role: Uuid, role_name: &str| Given {
        scope,
        role,
        role_name: role_name.to_owned(),
        name: uuid(8),
        was_there: false,
        condition: None,
    };
    let plan = plan();
    let key = Key { id: KeyId(uuid(1)), purpose: Purpose::Cluster, ends: datetime!(2027-11-23 13:00 UTC) };
    let carried = vec![given(plan.carry_over[0].scope.clone(), plan.carry_over[0].role, "Contributor")];
    let pull = given(plan.registry.id.as_ref().unwrap().to_string(), role::ACR_PULL.id, role::ACR_PULL.name);
    let mut records = confirmed(answers(), &plan);
    records.extend(registration());
    records.extend(identity());
    records.extend(step(StepId::CarryOver, Output::CarryOver { given: carried }));
    records.extend(consent());
    records.extend(step(StepId::RegistryRole, Output::RegistryRole { given: Some(pull) }));
    records.extend(step(StepId::Secret, Output::Key(key.clone())));
    records.extend(step(StepId::Probe, Output::Probe(pulled())));
    records.push(Record::NodesConfirmed { hash: plan.nodes_hash() });
    records.push(Record::Intent {
        step: StepId::ClusterUpdate,
        key: Some(key.id),
        client_before: Some(plan.cluster.client_id),
    });
    records.push(Record::Delivered { key: key.id, how: Delivery::Cluster });
    let update = Update {
        key: key.id,
        client_before: plan.cluster.client_id,
        operation: Url::parse("https://management.azure.com/operations/1").ok(),
        every_pool: true,
    };
    records.push(Record::Applied { step: StepId::ClusterUpdate, output: Box::new(Output::ClusterUpdate(update)) });
    records.push(Record::Done { step: StepId::ClusterUpdate, output: None });
    let pool = |name: &str, nodes, why_not: Option<&str>| PoolProof {
        pool: name.to_owned(),
        nodes,
        nodes_proven: why_not.is_none(),
        why_not: why_not.map(str::to_owned),
    };
    let pools = vec![pool("system", 3, None), pool("web", 6, Some("run command is switched off"))];
    records.extend(step(StepId::Proof, Output::Proof(Proven { pulled: pulled(), pools })));
    records.extend(step(StepId::Sweep, Output::Sweep(Swept::default())));
    records.push(Record::Closed { outcome: Outcome::Connected });
    records
}

/// The cluster's own app, opened to other tenants.
pub(crate) fn adopted() -> Vec<Record> {
    let mut plan = plan();
    plan.route = Route::KeepApp;
    plan.lines.retain(|line| line.step != StepId::ClusterUpdate);
    plan.lines[0].step = StepId::Adoption;
    plan.lines[1].needs = vec![StepId::Adoption];
    let app = App { app_id: app(), object_id: ObjectId(uuid(5)), display_name: "aks-sp".to_owned() };
    let adopted = Adopted {
        app,
        audience_before: "AzureADMyOrg".to_owned(),
        redirect_uris_before: Vec::new(),
        access_before: serde_json::json!([]),
    };
    let mut records = confirmed(answers(), &plan);
    records.extend(step(StepId::Adoption, Output::Adoption(adopted)));
    records
}
