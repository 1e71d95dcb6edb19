//! Signing in: the ways that are offered, sign-ins that wait for a person, and what is done for them.

use std::sync::Arc;

use super::{
    answers::{self, contoso, ended_on, fabrikam, in_browser, wanted, with_code},
    pictures::drawn,
    scenes::{self, Scene, failed_at, problem, status, until},
    script::{NOW, Script},
};
use crate::{
    domain::{
        AppId, ObjectId, Operator, Side, StepId,
        problem::ProblemKind,
        sign_in::{Reason, SignIn},
    },
    engine::{
        Event, Record,
        event::Doing,
        record::{Entry, Next},
    },
    error::ExitCode,
    sample,
    secret::Secret,
    session::{SignedIn, Wanted},
    tui::{
        browser::{self, Place},
        effect::{Effect, ForSignIn},
        model::{Dialog, Screen, Which},
        msg::Msg,
        screens::questions::Question,
        trouble::Trouble,
    },
};

const SSH: Place = Place { ssh: true, display: false };

/// At the question on the account of the cluster's side.
fn account() -> Script {
    Script::begun(Vec::new()).then("<enter><enter>")
}

fn far(mut script: Script) -> Script {
    script.model.place = SSH;
    script
}

/// Somebody signs in in the browser, and nothing has come of it yet.
fn signing_in(way: &str) -> Script {
    account().without_answers().then(way).then("<enter>")
}

fn waits(script: Script, waiting: &[Wanted]) -> Script {
    script.hears(Msg::SignIns(waiting.to_vec()))
}

fn first(way: crate::session::Way) -> Wanted {
    wanted(1, &contoso(), Reason::First, way)
}

/// A run whose step waits until somebody has signed in again.
fn run() -> Script {
    scenes::run(until(StepId::RegistryRole)).hears(status(StepId::RegistryRole, Doing::Running, "", None))
}

/// A run whose step has failed.
fn failed() -> Script {
    scenes::run(until(StepId::RegistryRole)).hears(failed_at(StepId::RegistryRole, crate::sample::problem()))
}

fn again(id: u64) -> Wanted {
    wanted(id, &fabrikam(), Reason::Again, in_browser("again"))
}

fn ticket(script: &Script) -> crate::session::Ticket {
    let asked = script.asked.iter().rev().find_map(|effect| match effect {
        Effect::SignIn { ticket, .. } => Some(*ticket),
        _ => None,
    });
    asked.expect("somebody signs in")
}

fn refused(code: &str, message: &str) -> Trouble {
    problem(ProblemKind::SignIn, "sign in to Contoso", None, Some(code), message).into()
}

pub(super) fn scenes() -> Vec<Scene> {
    let browser = || waits(signing_in("browser"), &[first(in_browser("first"))]);
    let code = || waits(signing_in("code"), &[first(with_code())]);
    let guest = {
        let script = signing_in("browser");
        let at = ticket(&script);
        script.hears(Msg::SignedIn(
            at,
            Ok(SignedIn {
                tenant: contoso(),
                account: "ben@fabrikam.example".into(),
                guest_of: Some("Fabrikam".into()),
            }),
        ))
    };
    let blocked = {
        let script = signing_in("code");
        let at = ticket(&script);
        let message = "AADSTS53003: Access has been blocked by Conditional Access policies.";
        script.hears(Msg::SignedIn(at, Err(refused("AADSTS53003", message))))
    };
    let failed_as = |status, code: &str, message: &str| {
        let problem =
            problem(ProblemKind::SignIn, "give the app AcrPull on fabrikamimages", status, Some(code), message);
        scenes::run(until(StepId::RegistryRole)).hears(failed_at(StepId::RegistryRole, problem))
    };
    let failed_with = |code: &str, message: &str| failed_as(Some(401), code, message);
    // What no service answered.
    let failed_here = |code: &str, message: &str| failed_as(None, code, message);
    let challenge = format!(
        "The token does not satisfy the policy. Sign in again for it with: az login --tenant {} --scope \
         https://management.core.windows.net//.default --claims-challenge {:A<180}",
        fabrikam().id,
        ""
    );
    vec![
        ("account-more-ways", account().then("more<enter>")),
        ("account-far", far(Script::begun(Vec::new()).then("<enter>")).then("<enter>")),
        ("account-far-more", far(Script::begun(Vec::new()).then("<enter>")).then("<enter>more<enter>")),
        (
            "tenant-is-an-error",
            Script::begun(Vec::new())
                .then("<enter>AADSTS50020: User account 'ana@contoso.example' does not exist<enter>"),
        ),
        ("account-refused", blocked),
        ("account-guest", guest),
        (
            "certificate",
            account()
                .then(&format!("service<enter>{}<enter>", answers::client_id()))
                .hears(Msg::Paste(Secret::new("/home/ana/shop.pem"))),
        ),
        ("sign-in-browser", browser()),
        ("sign-in-browser-opened", browser().hears(Msg::Browser(browser::Opened::HandedOver))),
        ("sign-in-elsewhere", browser().then("o")),
        ("sign-in-far", waits(far(signing_in("browser")), &[first(in_browser("first"))])),
        ("sign-in-paste", browser().then("p")),
        ("sign-in-paste-wrong", browser().hears(Msg::Paste(Secret::new("http://localhost:41234/")))),
        ("sign-in-code", code()),
        ("sign-in-code-far", waits(far(signing_in("code")), &[first(with_code())])),
        ("sign-in-plan", {
            let making = scenes::planned().then("<esc>").without_answers().then("<enter>");
            waits(making, &[wanted(1, &fabrikam(), Reason::Again, with_code())])
        }),
        ("sign-in-run", waits(run(), &[again(1), wanted(2, &contoso(), Reason::Again, with_code())])),
        ("sign-in-proof", waits(run(), &[wanted(1, &fabrikam(), Reason::MoreProof, in_browser("proof"))])),
        ("sign-in-below", waits(failed().then("e"), &[again(1)])),
        ("sign-in-run-code", waits(run(), &[wanted(2, &fabrikam(), Reason::Again, with_code())])),
        ("sign-in-keys", waits(run(), &[again(1)]).then("?")),
        ("run-other-account-more", failed().then("e<end><enter>")),
        ("failed-claims", failed_with("ClaimsChallenge", &challenge)),
        (
            "failed-given-up",
            failed_here("SignInGivenUp", "the sign-in was left here before it was done; Azure refused nothing"),
        ),
        (
            "failed-other-account",
            failed_here(
                "OtherAccount",
                "the token is of carl@fabrikam.example, and this was begun as ben@fabrikam.example; it was not used",
            ),
        ),
    ]
}

fn acts(script: &Script) -> Vec<&ForSignIn> {
    script
        .asked
        .iter()
        .filter_map(|effect| match effect {
            Effect::ForSignIn(_, what) => Some(what),
            _ => None,
        })
        .collect()
}

fn question(script: &Script) -> Option<Question> {
    match &script.model.screen {
        Screen::Questions(model) => Some(model.question),
        _ => None,
    }
}

fn is_shown(script: &Script) -> bool {
    script.model.dialogs.iter().any(|over| matches!(over, Dialog::SignIn(_)))
}

#[test]
fn whoever_signs_in_in_the_browser_goes_on_to_the_next_question() {
    let mut script = signing_in("browser");
    let at = ticket(&script);
    let asked =
        script.asked.iter().any(|effect| matches!(effect, Effect::SignIn { sign_in: SignIn::Browser { .. }, .. }));
    assert!(asked && !is_shown(&script));
    script = waits(script, &[first(in_browser("first"))]);
    assert!(is_shown(&script));
    script = waits(script, &[first(in_browser("first"))]);
    assert!(
        matches!(acts(&script)[..], [ForSignIn::Open]),
        "its page is opened by itself, and once: {:?}",
        acts(&script)
    );
    script.told(Msg::Browser(browser::Opened::HandedOver));
    assert!(script.model.notice.is_some());
    script.told(Msg::SignIns(Vec::new()));
    assert!(script.model.notice.is_none(), "nothing is said of a link that is gone");
    script.told(Msg::SignedIn(at, Ok(SignedIn { tenant: contoso(), account: "ana".into(), guest_of: None })));
    assert!(!is_shown(&script));
    assert_eq!(question(&script), Some(Question::Subscription(Which::Cluster)));
}

#[test]
fn a_sign_in_that_is_given_up_leaves_the_question_with_its_list() {
    let script = signing_in("browser");
    let at = ticket(&script);
    let mut script = waits(script, &[first(in_browser("first"))]).then("<esc>");
    assert!(matches!(acts(&script)[..], [ForSignIn::Open, ForSignIn::GiveUp]), "{:?}", acts(&script));
    assert!(is_shown(&script), "it goes when it is over");
    script.told(Msg::SignIns(Vec::new()));
    script.told(Msg::SignedIn(
        at,
        Err(refused("SignInGivenUp", "the sign-in was left here before it was done; Azure refused nothing")),
    ));
    let Screen::Questions(model) = &script.model.screen else { panic!("at the question") };
    assert_eq!(model.question, Question::Account(Which::Cluster));
    assert!(model.trouble.is_some() && model.field.text().is_empty(), "the whole list is there");
    let marked = model.picker.selected().map(|row| row.label.as_str());
    assert_eq!(marked, Some("in the browser"), "and the mark where it was");
}

#[test]
fn from_a_plan_that_lacks_a_sign_in_a_key_leads_to_another_way_on_that_side() {
    for (tried, which) in [("Fabrikam (fabrikam.example)", Which::Registry), ("contoso.example", Which::Cluster)] {
        let mut script = scenes::planned().then("<esc>").without_answers().then("<enter>");
        let Screen::Plan(_) = &script.model.screen else { panic!("the plan is being made") };
        let at = script.asked.iter().rev().find_map(|effect| match effect {
            Effect::Plan(ticket, ..) => Some(*ticket),
            _ => None,
        });
        let left = problem(ProblemKind::SignIn, &format!("sign in to {tried}"), None, Some("SignInGivenUp"), "left");
        script.told(Msg::Planned(at.unwrap(), Err(crate::tui::msg::NoPlan::Trouble(left.into()))));
        assert_eq!(question(&script.then("a")), Some(Question::Account(which)));
    }
}

#[test]
fn an_error_in_the_first_field_is_explained_there() {
    let open = |typed: &str| Script::begun(Vec::new()).without_answers().then(&format!("<enter>{typed}<enter>"));
    for (typed, code) in [("AADSTS53003: Access has been blocked", "CP-203"), ("cp-405", "CP-405")] {
        let script = open(typed);
        let Screen::Questions(model) = &script.model.screen else { panic!("at the question") };
        let said = model.trouble.as_ref().map(|trouble| trouble.said.clone()).unwrap_or_default();
        assert!(said.contains(code) && said.contains("crosspull explain"), "{said}");
        assert!(!script.asked.iter().any(|effect| matches!(effect, Effect::Resolve(..))), "nobody is asked about it");
    }
    let unknown = open("AADSTS99999999: something new");
    let Screen::Questions(model) = &unknown.model.screen else { panic!("at the question") };
    assert!(model.trouble.as_ref().is_some_and(|trouble| trouble.said.contains("no words for it")));
    assert!(open("northwind.example").asked.iter().any(|effect| matches!(effect, Effect::Resolve(..))));
}

#[test]
fn nobody_gives_up_what_cannot_be_seen() {
    let mut script = waits(signing_in("browser"), &[first(in_browser("first"))]);
    script.model.size = (40, 10);
    script.keys("<esc>");
    assert!(matches!(acts(&script)[..], [ForSignIn::Open]), "{:?}", acts(&script));
}

#[test]
fn only_the_address_of_this_sign_in_is_brought() {
    let mut script = waits(far(signing_in("browser")), &[first(in_browser("first"))]);
    assert!(acts(&script).is_empty(), "nothing opens where nobody would see it");
    script.keys("<enter>nonsense<enter>");
    script.told(Msg::Paste(Secret::new(ended_on("other"))));
    assert!(acts(&script).is_empty() && script.model.takes_text(), "{:?}", acts(&script));
    script.told(Msg::Paste(Secret::new(format!(" {}\n", ended_on("first")))));
    let [ForSignIn::Paste(text)] = acts(&script)[..] else { panic!("{:?}", acts(&script)) };
    assert_eq!(text.expose(), ended_on("first"));
    script.keys("p");
    script.told(Msg::Paste(Secret::new("AADSTS50020: User account does not exist in tenant")));
    assert_eq!(acts(&script).len(), 2);
}

#[test]
fn where_no_browser_starts_the_link_for_another_machine_is_shown_and_copied() {
    let failed = Msg::Browser(browser::Opened::NoBrowser("No browser could be started".to_owned()));
    let script = waits(signing_in("browser"), &[first(in_browser("first"))]).hears(failed).then("c");
    assert!(matches!(acts(&script)[..], [ForSignIn::Open, ForSignIn::CopyLink { elsewhere: true }]));
    let here = script.then("oc<enter>");
    assert!(matches!(acts(&here)[2..], [ForSignIn::CopyLink { elsewhere: false }, ForSignIn::Open]));
}

#[test]
fn a_code_is_copied_and_its_page_opened_when_somebody_says_so() {
    let script = waits(signing_in("code"), &[first(with_code())]).then("c<enter>");
    assert!(matches!(acts(&script)[..], [ForSignIn::CopyCode, ForSignIn::Open]));
}

#[test]
fn several_come_one_after_the_other() {
    let all = [again(1), wanted(2, &contoso(), Reason::Again, in_browser("two"))];
    let mut script = waits(run(), &all);
    let opened = |script: &Script| {
        let ids = script.asked.iter().filter_map(|effect| match effect {
            Effect::ForSignIn(id, ForSignIn::Open) => Some(*id),
            _ => None,
        });
        ids.collect::<Vec<_>>()
    };
    assert_eq!(opened(&script), [1]);
    script = waits(script, &all[1..]);
    assert_eq!(opened(&script), [1, 2]);
    let shown = script.model.dialogs.iter().filter(|over| matches!(over, Dialog::SignIn(_))).count();
    assert_eq!(shown, 1);
    script = waits(script, &[]);
    assert!(!is_shown(&script));
}

#[test]
fn a_run_that_waits_for_a_sign_in_says_so_and_goes_on() {
    let script = waits(run(), &[again(1)]);
    let Screen::Run(model) = &script.model.screen else { panic!("a run") };
    assert_eq!(model.steps_waiting_for(fabrikam().id).len(), 1);
    assert_eq!(model.exit_code(), ExitCode::Waiting);
    let script = waits(script, &[]);
    let Screen::Run(model) = &script.model.screen else { panic!("a run") };
    assert!(model.steps_waiting_for(fabrikam().id).is_empty());
    assert_eq!(model.exit_code(), ExitCode::Interrupted);
}

#[test]
fn what_is_being_typed_is_not_pulled_away() {
    let script = waits(failed().then("e"), &[again(1)]);
    assert!(matches!(script.model.dialogs.last(), Some(Dialog::Run(_))));
    let script = script.then("<esc>");
    assert!(matches!(script.model.dialogs.last(), Some(Dialog::SignIn(_))));
}

#[test]
fn codes_and_links_are_told_by_no_debug_output() {
    let secrets = ["FAKECODE1", "login.microsoft", "a-code-of-the-tests", "first-far"];
    for way in [with_code(), in_browser("first")] {
        let script = waits(signing_in("browser"), &[first(way.clone())])
            .hears(Msg::Paste(Secret::new(ended_on("first"))))
            .then("cop<esc>");
        let shown = format!("{:?} {:?} {:?}", script.model, script.asked, Msg::SignIns(vec![first(way)]));
        for secret in secrets {
            assert!(!shown.contains(secret), "{secret}");
        }
    }
}

#[test]
fn a_certificate_is_a_proof_as_good_as_a_secret() {
    let mut script = account().without_answers().then(&format!("service<enter>{}<enter>", answers::client_id()));
    script.told(Msg::Paste(Secret::new("/home/ana/shop.pem")));
    script.keys("<enter>");
    let asked =
        script.asked.iter().any(|effect| matches!(effect, Effect::SignIn { sign_in: SignIn::Certificate { .. }, .. }));
    assert!(asked, "{:?}", script.asked.last());
}

#[test]
fn the_command_that_a_challenge_asks_for_is_copied_alone() {
    let (_, script) = scenes().into_iter().find(|(name, _)| *name == "failed-claims").unwrap();
    let script = script.then("c");
    let Some(Effect::Copy { text, .. }) = script.asked.last() else { panic!("{:?}", script.asked.last()) };
    assert!(text.starts_with("az login --tenant ") && text.ends_with("AAA"), "{text}");
}

#[test]
fn rarer_ways_are_one_entry_until_somebody_asks() {
    let script = failed().then("e<end><enter><enter>");
    let asked = script.asked.iter().rev().find_map(|effect| match effect {
        Effect::SignInAs { sign_in, side, .. } => Some((sign_in.clone(), *side)),
        _ => None,
    });
    let way = SignIn::WorkloadIdentity { client_id: None, token_file: None };
    assert_eq!(asked, Some((way, Which::Registry)));
    let script = account().without_answers().then("more<enter><down><enter>");
    let asked = script
        .asked
        .iter()
        .any(|effect| matches!(effect, Effect::SignIn { sign_in: SignIn::ManagedIdentity { client_id: None }, .. }));
    assert!(asked, "{:?}", script.asked.last());
}

/// The rows of the header.
fn header(script: &Script) -> Vec<String> {
    let (buffer, _) = drawn(&script.model, 120, 40);
    let row = |y| (0..120).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (1..3).map(row).collect()
}

fn sees(script: Script, operator: &str, id: u8) -> Script {
    let operator = Operator { object_id: ObjectId(sample::uuid(id)), name: operator.to_owned() };
    let record = Record::SignedIn { side: Side::Cluster, operator };
    script.hears(Msg::Engine(Event::Recorded(Arc::new(Entry { seq: 99, at: NOW, record }))))
}

#[test]
fn the_header_names_who_is_signed_in_now_and_never_who_was() {
    let begun = || sees(scenes::run(until(StepId::RegistryRole)), "ana@contoso.example", 1);
    assert!(header(&begun())[0].contains("ana@contoso.example"));
    // Somebody else's token came in the same run; then the run is taken up again, and nobody has signed in yet.
    let other = sees(begun(), "carl@contoso.example", 2);
    assert!(header(&other)[0].contains("carl@contoso.example"), "{:?}", header(&other));
    let notice = other.model.notice.as_ref().expect("it is said");
    assert_eq!(
        notice.text,
        "carl@contoso.example is signed in to the cluster tenant now; before it was ana@contoso.example."
    );
    // What a step does meanwhile does not take that away.
    let done = Record::Failed { step: StepId::RegistryRole, problem: Box::new(sample::problem()), next: Next::Again };
    let entry = Entry { seq: 100, at: NOW, record: done };
    let other = other.hears(Msg::Engine(Event::Recorded(Arc::new(entry))));
    assert!(other.model.notice.is_some());
    let mut records = until(StepId::RegistryRole);
    let before = Operator { object_id: ObjectId(sample::uuid(1)), name: "ana@contoso.example".to_owned() };
    records.push(Record::SignedIn { side: Side::Cluster, operator: before });
    let mut reopened = other;
    reopened.model.accounts = Some(Vec::new());
    let reopened = reopened.hears(Msg::Opened(Ok(Box::new(answers::opened(records, true)))));
    assert!(!header(&reopened)[0].contains("ana@contoso"), "{:?}", header(&reopened));
    let taken_up = sees(reopened, "carl@contoso.example", 2);
    assert!(header(&taken_up)[0].contains("carl@contoso.example"));
    assert!(taken_up.model.notice.is_some());
}

#[test]
fn a_program_keeps_the_name_that_it_was_chosen_by() {
    let sign_in =
        SignIn::ServicePrincipal { client_id: AppId(sample::uuid(7)), client_secret_env: "DEPLOY".to_owned() };
    let mut records = until(StepId::RegistryRole);
    for record in &mut records {
        if let Record::Answered { answers } = record {
            answers.cluster.sign_in = sign_in.clone();
        }
    }
    let mut script = scenes::run(records);
    let side = &mut script.model.draft.cluster;
    (side.sign_in, side.account) = (Some(sign_in), Some("the deployment".to_owned()));
    side.tenant = Some(sample::plan().cluster_tenant);
    let script = sees(script, "app 00000000-0000-4000-8000-000000000007", 7);
    assert!(header(&script)[0].contains("the deployment"), "{:?}", header(&script));
}
