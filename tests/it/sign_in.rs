//! Ways in: people at pages and with codes, and what holds when a session ends in the middle of the work.

use std::{collections::HashMap, sync::Arc, time::Duration};

use crosspull::{
    domain::{
        Answers, AppId, Operator, Plan, SetupId, Side, StepId,
        sign_in::{Reason, SignIn},
    },
    engine::{Command, Event, Events, Idle, Record, Stage, event::Ended as RunEnded, run::Mode},
    secret::Secret,
    session::{Open, Pasted, Refusal, Session, Wanted, Way},
    sim::{Action, Rule, faults::QuoteFault},
    steps::Steps,
};
use tokio::sync::{mpsc, watch};

use crate::{
    leaks::{Places, Secrets},
    person::{Ended, Person},
    world::{Came, World, carry, describe},
};

/// How a person answers a sign-in that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// In a browser on this machine.
    Here,
    /// In a browser elsewhere: the address that it ends on is pasted.
    Pasted,
}

/// What was wanted of people, in the order of asking: the tenant's domain and why.
type Asked = Vec<(String, Reason)>;

/// Does the work while people answer every sign-in that waits: Ana at Contoso, Ben at Fabrikam. Gives what was asked.
async fn with_people<T>(world: &World, session: &Session, manner: Manner, work: impl Future<Output = T>) -> (T, Asked) {
    let mut asked = Asked::new();
    let waiting = session.desk().waiting();
    let came = tokio::select! {
        came = work => came,
        () = answer(world, session, manner, waiting, &mut asked) => unreachable!("people answer for ever"),
    };
    (came, asked)
}

async fn answer(
    world: &World,
    session: &Session,
    manner: Manner,
    mut waiting: watch::Receiver<Vec<Wanted>>,
    asked: &mut Asked,
) {
    let persons = [("contoso.example", "ana@contoso.example"), ("fabrikam.example", "ben@fabrikam.example")]
        .map(|(domain, user)| (domain, Person::new(world, user)));
    let mut last = 0;
    loop {
        let next = waiting.borrow_and_update().iter().find(|wanted| wanted.id > last).cloned();
        let Some(wanted) = next else {
            waiting.changed().await.expect("a desk");
            continue;
        };
        last = wanted.id;
        let tenants = &world.sim.ready().tenants;
        let domain = &tenants.iter().find(|one| one.id == wanted.tenant).expect("a tenant").domain;
        asked.push((domain.clone(), wanted.reason));
        let person = &persons.iter().find(|(of, _)| of == domain).expect("somebody of there").1;
        match (&wanted.way, manner) {
            (Way::Browser { here, .. }, Manner::Here) => match person.open(here).await {
                Ended::At(_, said) if said.contains("You can close this tab") => {}
                other => panic!("not signed in: {other:?}"),
            },
            (Way::Browser { elsewhere, .. }, Manner::Pasted) => {
                let Ended::At(address, _) = person.elsewhere().open(elsewhere).await else { panic!("not signed in") };
                // Somebody else's address is no answer, and does not end the wait.
                let desk = session.desk();
                desk.paste(wanted.id, Secret::new("http://localhost/?code=a&state=b"));
                assert_eq!(desk.paste(wanted.id, Secret::new(address.as_str())), Pasted::Taken);
            }
            (Way::Code { code, page, .. }, _) => match person.type_code(page, code).await {
                Ended::Stuck(said) if said.contains("You have signed in") => {}
                other => panic!("not signed in: {other:?}"),
            },
        }
    }
}

async fn plan(session: &Session, answers: &Answers) -> Result<(Arc<Steps>, Plan), Refusal> {
    session.plan(SetupId::random(), answers, &watch::Sender::default()).await
}

fn reasons(asked: &Asked, domain: &str) -> Vec<Reason> {
    asked.iter().filter(|(at, _)| at == domain).map(|(_, why)| *why).collect()
}

fn answers(world: &World, sign_in: &SignIn) -> Answers {
    let mut answers = world.answers("shop-prod", "fabrikamimages");
    answers.cluster.sign_in = sign_in.clone();
    answers.registry.sign_in = Some(sign_in.clone());
    answers
}

fn policy(world: &World, domain: &str, change: impl FnOnce(&mut crosspull::sim::directory::SignInPolicy)) {
    let mut inside = world.sim.world().lock();
    let id = inside.tenant_named(domain).unwrap().id;
    change(&mut inside.tenant_mut(id).unwrap().policy.sign_in);
}

async fn connects(world: &World, session: &Session, answers: &Answers) {
    let (steps, plan) = plan(session, answers).await.unwrap_or_else(|refusal| panic!("{}", describe(&refusal)));
    assert!(plan.stops().next().is_none(), "{:#?}", plan.findings);
    let mut open = session.begin(answers, &plan, steps).unwrap();
    let came = carry(session, &mut open, Mode::Fresh).await;
    assert!(matches!(came, Came::Ended(RunEnded::Closed(_))), "{came:?}");
    assert!(world.pulls("shop-prod", "fabrikamimages", "shop/web:1.4").iter().all(|(_, can)| *can));
}

#[tokio::test]
async fn each_side_signs_in_once_in_a_browser_and_the_work_is_done() {
    let world = World::new("default").await;
    let session = world.session();
    let answers = answers(&world, &SignIn::Browser { client_id: None });
    let work = connects(&world, &session, &answers);
    let ((), mut asked) = with_people(&world, &session, Manner::Here, work).await;
    asked.sort_by(|one, other| one.0.cmp(&other.0));
    let once = |domain: &str| (domain.to_owned(), Reason::First);
    assert_eq!(asked, [once("contoso.example"), once("fabrikam.example")]);
}

#[tokio::test]
async fn a_code_that_is_typed_elsewhere_signs_in() {
    let world = World::new("default").await;
    let session = world.session();
    let answers = answers(&world, &SignIn::DeviceCode { client_id: None });
    with_people(&world, &session, Manner::Here, connects(&world, &session, &answers)).await;
}

#[tokio::test]
async fn the_address_that_a_browser_elsewhere_ends_on_can_be_pasted() {
    let world = World::new("default").await;
    let session = world.session();
    let answers = answers(&world, &SignIn::Browser { client_id: None });
    let planning = plan(&session, &answers);
    with_people(&world, &session, Manner::Pasted, planning).await.0.unwrap();
}

#[tokio::test]
async fn a_second_factor_that_the_first_change_asks_for_is_given_in_place() {
    let world = World::new("default").await;
    policy(&world, "contoso.example", |policy| policy.mfa_for_writes = true);
    policy(&world, "fabrikam.example", |policy| policy.mfa_for_writes = true);
    let session = world.session();
    let answers = answers(&world, &SignIn::Browser { client_id: None });
    let ((), asked) = with_people(&world, &session, Manner::Here, connects(&world, &session, &answers)).await;
    for domain in ["contoso.example", "fabrikam.example"] {
        assert_eq!(reasons(&asked, domain), [Reason::First, Reason::MoreProof], "{domain}");
    }
}

#[tokio::test]
async fn nobody_to_ask_is_said_and_nothing_hangs() {
    let world = World::new("default").await;
    let session = world.session();
    let answers = answers(&world, &SignIn::Browser { client_id: None });
    let Err(Refusal::Error(error)) = plan(&session, &answers).await else { panic!("there was a plan") };
    assert_eq!(error.problem.unwrap().code.as_deref(), Some("NobodyToAsk"));
}

#[tokio::test]
async fn a_sign_in_that_is_given_up_is_no_error_of_anybodys() {
    let world = World::new("default").await;
    let session = world.session();
    let (desk, mut waiting) = (session.desk().clone(), session.desk().waiting());
    let giving_up = tokio::spawn(async move {
        loop {
            for wanted in waiting.borrow_and_update().clone() {
                desk.give_up(wanted.id);
            }
            waiting.changed().await.unwrap();
        }
    });
    let answers = answers(&world, &SignIn::DeviceCode { client_id: None });
    let Err(Refusal::Error(error)) = plan(&session, &answers).await else { panic!("there was a plan") };
    giving_up.abort();
    assert_eq!(error.problem.unwrap().code.as_deref(), Some("SignInGivenUp"));
}

#[tokio::test]
async fn sessions_that_are_ended_while_the_work_goes_on_are_begun_again_in_place() {
    let world = World::new("default").await;
    let session = world.session();
    let answers = answers(&world, &SignIn::Browser { client_id: None });
    let work = async {
        let (steps, plan) = plan(&session, &answers).await.unwrap();
        {
            // An admin of each tenant ends all sessions.
            let mut inside = world.sim.world().lock();
            let now = inside.now();
            let users = inside.tenants.iter_mut().flat_map(|tenant| tenant.users.iter_mut());
            users.for_each(|user| user.sessions_valid_from = Some(now));
        }
        let mut open = session.begin(&answers, &plan, steps).unwrap();
        carry(&session, &mut open, Mode::Fresh).await
    };
    let (came, asked) = with_people(&world, &session, Manner::Here, work).await;
    assert!(matches!(came, Came::Ended(RunEnded::Closed(_))), "{came:?}");
    for domain in ["contoso.example", "fabrikam.example"] {
        assert_eq!(reasons(&asked, domain), [Reason::First, Reason::Again], "{domain}");
    }
}

#[tokio::test]
async fn tokens_that_end_are_renewed_without_asking_anybody() {
    let world = World::new("default").await;
    let session = world.session();
    let answers = answers(&world, &SignIn::DeviceCode { client_id: None });
    let work = async {
        let (steps, plan) = plan(&session, &answers).await.unwrap();
        {
            let mut inside = world.sim.world().lock();
            inside.tokens_ended = Some(inside.now());
        }
        let mut open = session.begin(&answers, &plan, steps).unwrap();
        carry(&session, &mut open, Mode::Fresh).await
    };
    let (came, asked) = with_people(&world, &session, Manner::Here, work).await;
    assert!(matches!(came, Came::Ended(RunEnded::Closed(_))), "{came:?}");
    assert_eq!(asked.len(), 2, "once a tenant: {asked:?}");
}

#[tokio::test]
async fn somebody_else_who_signs_in_in_the_middle_is_not_taken_for_the_one_before() {
    let world = World::new("default").await;
    let session = world.session();
    let answers = answers(&world, &SignIn::Browser { client_id: None });
    let (planned, _) = with_people(&world, &session, Manner::Here, plan(&session, &answers)).await;
    let (steps, plan) = planned.unwrap();
    {
        let mut inside = world.sim.world().lock();
        let now = inside.now();
        let contoso = inside.tenants.iter_mut().find(|tenant| tenant.domain == "contoso.example").unwrap();
        contoso.users.iter_mut().for_each(|user| user.sessions_valid_from = Some(now));
    }
    let apps = || world.sim.world().lock().tenant_named("contoso.example").unwrap().applications.len();
    let before = apps();
    let mut waiting = session.desk().waiting();
    let carl = Person::new(&world, "carl@contoso.example");
    let somebody_else = async {
        loop {
            let next = waiting.borrow_and_update().first().cloned();
            if let Some(Wanted { way: Way::Browser { here, .. }, account, .. }) = next {
                assert_eq!(account.as_deref(), Some("ana@contoso.example"));
                carl.open(&here).await;
            }
            waiting.changed().await.unwrap();
        }
    };
    let mut open = session.begin(&answers, &plan, steps).unwrap();
    let came = tokio::select! {
        came = carry(&session, &mut open, Mode::Fresh) => came,
        () = somebody_else => unreachable!("it waits for ever"),
    };
    assert!(matches!(came, Came::Left(_)), "{came:?}");
    let failed = open.journal.progress().failed().map(|(_, problem)| problem.code.clone()).collect::<Vec<_>>();
    assert!(!failed.is_empty() && failed.iter().all(|code| code.as_deref() == Some("OtherAccount")), "{failed:?}");
    assert_eq!(apps(), before, "nothing was made");
}

#[tokio::test]
async fn an_app_of_ones_own_can_be_named_for_people_to_sign_in_to() {
    let world = World::new("default").await;
    let session = world.session();
    let own = "11111111-aaaa-4000-8000-000000000301".parse().unwrap();
    let mut answers = answers(&world, &SignIn::DeviceCode { client_id: Some(own) });
    // It is known in the cluster's tenant only.
    answers.registry.sign_in = Some(SignIn::DeviceCode { client_id: None });
    let planning = plan(&session, &answers);
    with_people(&world, &session, Manner::Here, planning).await.0.unwrap();
    let asked =
        world.sim.requests().into_iter().filter(|one| one.url.contains("devicecode")).map(|one| one.request_body);
    let bodies: Vec<String> = asked.map(|body| format!("{body:?}")).collect();
    assert!(bodies.iter().any(|body| body.contains(&own.to_string())), "{bodies:?}");
}

#[tokio::test]
async fn what_the_environment_names_is_found_with_its_tenant() {
    let world = World::new("default").await;
    let tenant = world.sim.ready().tenants[0].id;
    let client: AppId = world.operator("ana").client_id;
    let found = async |more: &[(&str, &str)]| {
        let id = [("AZURE_TENANT_ID", tenant.to_string()), ("AZURE_CLIENT_ID", client.to_string())];
        let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let given = id.into_iter().chain(more).map(|(name, value)| (name.to_owned(), Secret::new(value))).collect();
        let accounts = world.session_in(given).accounts().await;
        let here = accounts.into_iter().find(|one| one.tenant == Some(tenant) && one.name.starts_with("app "));
        here.map(|one| one.sign_in)
    };
    assert_eq!(found(&[]).await, None);
    let secret = SignIn::ServicePrincipal { client_id: client, client_secret_env: "AZURE_CLIENT_SECRET".to_owned() };
    assert_eq!(found(&[("AZURE_CLIENT_SECRET", "x")]).await, Some(secret));
    let certificate = SignIn::Certificate { client_id: client, client_certificate: "/x.pem".into() };
    assert_eq!(found(&[("AZURE_CLIENT_CERTIFICATE_PATH", "/x.pem")]).await, Some(certificate));
    let workload = SignIn::WorkloadIdentity { client_id: Some(client), token_file: Some("/token".into()) };
    assert_eq!(found(&[("AZURE_FEDERATED_TOKEN_FILE", "/token")]).await, Some(workload));
}

#[tokio::test]
async fn whoever_leaves_at_a_sign_in_leaves_at_once_and_has_failed_nothing() {
    let world = World::new("default").await;
    let mut options = world.options(Vec::new(), HashMap::new());
    options.pace.orderly_stop = Duration::from_hours(1);
    let session = Session::open(options).unwrap();
    let answers = answers(&world, &SignIn::DeviceCode { client_id: None });
    let (planned, _) = with_people(&world, &session, Manner::Here, plan(&session, &answers)).await;
    let (steps, plan) = planned.unwrap();
    {
        let mut inside = world.sim.world().lock();
        let now = inside.now();
        let users = inside.tenants.iter_mut().flat_map(|tenant| tenant.users.iter_mut());
        users.for_each(|user| user.sessions_valid_from = Some(now));
        inside.tokens_ended = Some(now);
    }
    let mut open = session.begin(&answers, &plan, steps).unwrap();
    let mut waiting = session.desk().waiting();
    let (command, commands) = mpsc::channel(1);
    let (events, mut happened, _statuses) = Events::channel();
    let leaving = async {
        waiting.wait_for(|open| !open.is_empty()).await.unwrap();
        command.send(Command::Stop).await.unwrap();
        while happened.recv().await.is_some() {}
    };
    let running = async { tokio::join!(session.run(&mut open, Mode::Fresh, events, commands), leaving).0 };
    let ended = tokio::time::timeout(Duration::from_mins(1), running).await.expect("nobody is waited for").unwrap();
    assert_eq!(ended, RunEnded::Stopped);
    assert_eq!(open.journal.progress().failed().count(), 0);
    // Who comes back in the same program is asked again.
    let (came, asked) = with_people(&world, &session, Manner::Here, carry(&session, &mut open, Mode::Resumed)).await;
    assert!(matches!(came, Came::Ended(RunEnded::Closed(_))), "{came:?}");
    assert!(!asked.is_empty());
}

/// How a sign-in at the reset comes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AtTheReset {
    Left,
    GivenUp,
}

/// Runs to the reset, for which Azure wants a second factor that nobody gives.
async fn no_second_factor_for_the_reset(world: &World, session: &Session, open: &mut Open, how: AtTheReset) {
    let (command, commands) = mpsc::channel(4);
    let (events, mut happened, _statuses) = Events::channel();
    let (desk, mut waiting) = (session.desk().clone(), session.desk().waiting());
    let at_the_desk = async {
        // Graph has been asked for its second factor by then.
        let wanted = waiting.wait_for(|open| !open.is_empty()).await.unwrap()[0].id;
        match how {
            AtTheReset::Left => command.send(Command::Stop).await.unwrap(),
            AtTheReset::GivenUp => desk.give_up(wanted),
        }
    };
    let front_end = async {
        let mut review = None;
        while let Some(event) = happened.recv().await {
            match event {
                Event::ConfirmNodes(found) => review = Some(found),
                Event::Idle(Idle::Nodes) => {
                    policy(world, "contoso.example", |policy| policy.mfa_for_writes = true);
                    let hash = review.take().expect("a review").hash.clone();
                    command.send(Command::ConfirmNodes(hash)).await.unwrap();
                }
                Event::Idle(_) => command.send(Command::Stop).await.unwrap(),
                _ => {}
            }
        }
    };
    let running = session.run(open, Mode::Fresh, events, commands);
    let (ended, (), ()) = tokio::join!(running, at_the_desk, front_end);
    assert_eq!(ended.unwrap(), RunEnded::Stopped);
}

#[tokio::test]
async fn a_reset_that_waits_for_a_second_factor_has_given_the_cluster_nothing() {
    for how in [AtTheReset::Left, AtTheReset::GivenUp] {
        let world = World::new("default").await;
        let session = world.session();
        let answers = answers(&world, &SignIn::DeviceCode { client_id: None });
        let (planned, _) = with_people(&world, &session, Manner::Here, plan(&session, &answers)).await;
        let (steps, plan) = planned.unwrap();
        let mut open = session.begin(&answers, &plan, steps).unwrap();
        no_second_factor_for_the_reset(&world, &session, &mut open, how).await;

        let progress = open.journal.progress();
        assert_eq!(progress.facts().delivered_to_cluster().count(), 0, "{how:?}: no node can have a key");
        assert!(!progress.cluster_touched(), "{how:?}");
        let failed: Vec<_> = progress.failed().map(|(step, problem)| (step, problem.untouched)).collect();
        match how {
            AtTheReset::Left => {
                assert_eq!(progress.stage(StepId::ClusterUpdate), Stage::Due, "a resume need not look for it");
                assert!(failed.is_empty(), "{failed:?}");
            }
            AtTheReset::GivenUp => assert_eq!(failed, [(StepId::ClusterUpdate, true)]),
        }
        let keys: Vec<_> = progress.facts().keys().map(|record| record.removed).collect();
        assert_eq!(keys, [true], "{how:?}: nobody can be using it");

        let going_on = carry(&session, &mut open, Mode::Resumed);
        let (came, _) = with_people(&world, &session, Manner::Here, going_on).await;
        assert!(matches!(came, Came::Ended(RunEnded::Closed(_))), "{how:?}: {came:?}");
        assert!(world.pulls("shop-prod", "fabrikamimages", "shop/web:1.4").iter().all(|(_, can)| *can));
    }
}

#[tokio::test]
async fn a_setup_that_somebody_else_takes_up_says_so() {
    let world = World::new("default").await;
    let session = world.session();
    let answers = answers(&world, &SignIn::DeviceCode { client_id: None });
    let (planned, _) = with_people(&world, &session, Manner::Here, plan(&session, &answers)).await;
    let (steps, plan) = planned.unwrap();
    let mut open = session.begin(&answers, &plan, steps).unwrap();
    no_second_factor_for_the_reset(&world, &session, &mut open, AtTheReset::Left).await;
    let who = |open: &Open, side| {
        let progress = open.journal.progress();
        let name = |operator: Option<&Operator>| operator.map(|operator| operator.name.clone());
        (name(progress.operator(side)), name(progress.replaced(side)))
    };
    let ana = Some("ana@contoso.example".to_owned());
    assert_eq!(who(&open, Side::Cluster), (ana.clone(), None));
    assert_eq!(who(&open, Side::Registry), (Some("ben@fabrikam.example".to_owned()), None));
    drop(open);

    // Another process, and another person at the same page.
    let session = world.session();
    let mut open = session.resume(None).await.unwrap_or_else(|refusal| panic!("{}", describe(&refusal)));
    let mut waiting = session.desk().waiting();
    let (carl, ben) = (Person::new(&world, "carl@contoso.example"), Person::new(&world, "ben@fabrikam.example"));
    let contoso = world.sim.ready().tenants.iter().find(|one| one.domain == "contoso.example").unwrap().id;
    let (command, commands) = mpsc::channel(4);
    let (events, mut happened, _statuses) = Events::channel();
    let people = async {
        loop {
            let next = waiting.borrow_and_update().first().cloned();
            if let Some(Wanted { way: Way::Code { code, page, .. }, tenant, .. }) = next {
                let person = if tenant == contoso { &carl } else { &ben };
                person.type_code(&page, &code).await;
            }
            waiting.changed().await.unwrap();
        }
    };
    let front_end = async {
        while let Some(event) = happened.recv().await {
            if matches!(&event, Event::Recorded(entry) if matches!(entry.record, Record::SignedIn { side: Side::Cluster, .. }))
            {
                command.send(Command::Stop).await.unwrap();
            }
        }
    };
    let running = async { tokio::join!(session.run(&mut open, Mode::Resumed, events, commands), front_end).0 };
    let ended = tokio::select! {
        ended = running => ended,
        () = people => unreachable!("people answer for ever"),
    };
    assert_eq!(ended.unwrap(), RunEnded::Stopped);
    assert_eq!(who(&open, Side::Cluster), (Some("carl@contoso.example".to_owned()), ana));
}

#[tokio::test]
async fn a_refusal_that_quotes_a_code_or_its_proof_does_not_bring_it_back() {
    let world = World::new("default").await;
    for field in ["code", "code_verifier"] {
        for page in [false, true] {
            world.sim.faults().clear();
            let quote = Action::Quote(QuoteFault { field: field.to_owned(), page });
            world.sim.faults().add(Rule::new("login.token", quote).times(50));
            let session = world.session();
            let answers = answers(&world, &SignIn::Browser { client_id: None });
            let planning = plan(&session, &answers);
            let (came, _) = with_people(&world, &session, Manner::Here, planning).await;
            let Err(Refusal::Error(error)) = came else { panic!("there was a plan") };
            let mut places = Places::default();
            places.add("the error", format!("{error:?} {}", crosspull::error::chain(&error)));
            places.are_free_of(&Secrets::of(&world), &[field]);
        }
    }
}
