//! What keys do, beyond what a screen shows: answers are kept, nothing is asked for twice, a person's yes means one thing.

use std::sync::Arc;

use super::{
    answers,
    pictures::{drawn, picture},
    scenes::{self, planned},
    script::{NOW, Script},
};
use crate::{
    domain::{Draft, Looking, Output, StepId, Subject, answers::CarryOver},
    engine::{
        Command, Event, Idle, Record,
        event::{Doing, Ended, NodesReview},
        record::Outcome,
    },
    error::ExitCode,
    sample,
    secret::Secret,
    session::Ticket,
    tui::{
        effect::Effect,
        model::{Model, Screen, Stage},
        msg::{Kept, Msg, NotOpened},
        screens::questions,
    },
};

fn question(model: &Model) -> Option<questions::Question> {
    match &model.screen {
        Screen::Questions(model) => Some(model.question),
        _ => None,
    }
}

#[test]
fn esc_goes_back_through_every_stage_with_every_answer_kept() {
    let mut script = planned();
    let answers = script.model.draft.clone();
    let mut seen = Vec::new();
    for _ in 0..20 {
        script.keys("<esc>");
        assert_eq!(script.model.draft, answers, "after {seen:?}");
        match question(&script.model) {
            Some(question) => seen.push(question),
            None => break,
        }
    }
    assert!(matches!(script.model.screen, Screen::Start(_)), "Esc ends where one began");
    assert_eq!(seen.len(), 10, "each question was passed: {seen:?}");
    assert_eq!(script.model.stage(), None);
}

#[test]
fn enter_goes_forward_again_over_what_was_answered() {
    let mut script = planned();
    let answers = script.model.draft.clone();
    script.keys(&"<esc>".repeat(10));
    assert_eq!(script.model.stage(), Some(Stage::Cluster));
    script.keys(&"<enter>".repeat(10));
    assert_eq!(script.model.stage(), Some(Stage::Plan));
    assert_eq!(script.model.draft, answers);
}

/// Every draft that is kept on the way to the plan, with the question that was asked next.
fn drafts() -> Vec<(Draft, Option<questions::Question>)> {
    let mut script = Script::begun(Vec::new()).then("<enter>");
    let mut drafts = Vec::new();
    for key in [
        "<enter>",
        "<enter>",
        "<enter>",
        "<enter>",
        "<enter>",
        "<enter>",
        "<enter>",
        "<enter>",
        "<down><enter>",
        "<enter>",
    ] {
        script.keys(key);
        drafts.push((script.model.draft.clone(), question(&script.model)));
    }
    drafts
}

#[test]
fn whoever_comes_back_finds_everything_answered_and_the_next_question() {
    let drafts = drafts();
    assert_eq!(drafts.last().unwrap().1, None, "the last answer leads to the plan");
    for (draft, next) in drafts {
        let kept = serde_json::from_str::<Draft>(&serde_json::to_string(&draft).unwrap()).unwrap();
        let script = Script::begun(vec![Kept::Draft(Box::new(kept), NOW)]).then("<enter>");
        assert_eq!(script.model.draft, draft);
        assert_eq!(question(&script.model), next);
    }
}

#[test]
fn every_answer_is_kept_at_once() {
    let saved = |script: &Script| {
        script.asked.iter().rev().find_map(|one| match one {
            Effect::SaveDraft(draft) => Some((**draft).clone()),
            _ => None,
        })
    };
    let mut script = Script::begun(Vec::new()).then("<enter>");
    for answered in 1..=8 {
        let before = saved(&script);
        script.keys("<enter>");
        assert_ne!(saved(&script), before, "after answer {answered}");
        assert_eq!(saved(&script).as_ref(), Some(&script.model.draft), "after answer {answered}");
    }
}

#[test]
fn another_tenant_drops_what_was_answered_in_the_first() {
    let mut script = planned().then(&"<esc>".repeat(10));
    script.keys("<back>fabrikam<enter>");
    let draft = &script.model.draft;
    assert_eq!(draft.cluster.tenant.as_ref().map(|tenant| tenant.id), Some(answers::fabrikam().id));
    assert!(draft.cluster.resource.is_none() && draft.cluster.account.is_none());
}

#[test]
fn a_late_answer_to_an_earlier_question_is_dropped() {
    let mut script = Script::begun(Vec::new()).then("<enter><enter>").without_answers().then("<enter>");
    let before = format!("{:?}", script.model.draft);
    script.told(Msg::SignedIn(
        Ticket(1),
        Ok(crate::session::SignedIn { tenant: answers::fabrikam(), account: "late".into(), guest_of: None }),
    ));
    assert_eq!(format!("{:?}", script.model.draft), before);
}

#[test]
fn enter_looks_again_for_a_list_that_could_not_be_read() {
    let (_, unread) =
        scenes::questions().into_iter().find(|(name, _)| *name == "cluster-unread").expect("the scene is there");
    let mut unread = unread.without_answers();
    let asked = unread.asked.len();
    unread.keys("<enter>");
    assert!(matches!(unread.asked[asked..], [Effect::Look(..)]), "{:?}", &unread.asked[asked..]);
    let Screen::Questions(model) = &unread.model.screen else { panic!("still at the question") };
    assert!(model.busy.is_some() && model.trouble.is_none(), "it is being read again");
}

#[test]
fn nothing_is_begun_before_the_plan_is_confirmed_and_then_once() {
    let mut script = planned();
    let begun = |script: &Script| script.asked.iter().filter(|one| matches!(one, Effect::Begin(..))).count();
    script.silent = true;
    script.keys("<enter>");
    assert_eq!(begun(&script), 0, "the warnings come first");
    script.keys("<enter>");
    assert_eq!(begun(&script), 1);
    script.keys("<enter>ss<enter>");
    assert_eq!(begun(&script), 1, "while it is being opened no key begins it again");
}

#[test]
fn a_role_that_is_unticked_is_left_out_of_the_next_plan() {
    let script = planned().then("<home><down><down><enter> <enter>");
    assert_eq!(script.model.draft.carry_over, CarryOver::None);
    assert!(matches!(script.model.screen, Screen::Plan(_)));
}

#[test]
fn keys_mean_nothing_while_there_is_no_plan_yet() {
    let mut script = planned().then("<esc>").without_answers().then("<enter><down><down><up><end><enter>s");
    assert!(matches!(script.model.screen, Screen::Plan(_)));
    script.keys("<esc>");
    assert!(question(&script.model).is_some());
}

#[test]
fn what_an_earlier_look_found_is_not_taken_for_this_ones() {
    let asked = |script: &Script| match script.asked.last() {
        Some(Effect::Plan(ticket, ..)) => *ticket,
        other => panic!("no plan is made: {other:?}"),
    };
    let script = planned().without_answers().then("r");
    let late = asked(&script);
    let script = script.hears(Msg::Planned(late, Ok(Arc::new(sample::plan())))).then("r");
    let now = asked(&script);
    assert_ne!(late, now);
    let mut half = Looking::default();
    half.seen(Subject::Cluster, Vec::new());
    let shown = |script: &Script| picture_of(script).contains("1 of 8");
    let script = script.hears(Msg::Looking(late, half.clone()));
    assert!(!shown(&script));
    let script = script.hears(Msg::Looking(now, half));
    assert!(shown(&script));
}

fn picture_of(script: &Script) -> String {
    let (buffer, shown) = drawn(&script.model, 80, 24);
    picture(&buffer, &shown)
}

fn review() -> Arc<NodesReview> {
    let plan = sample::plan();
    let hash = plan.nodes_hash();
    Arc::new(NodesReview { hash, cluster: plan.cluster, differences: Vec::new(), as_planned: true })
}

#[test]
fn nodes_are_replaced_only_when_the_clusters_name_is_typed() {
    let mut script = scenes::run(scenes::until(StepId::ClusterUpdate))
        .hears(Msg::Engine(Event::ConfirmNodes(review())))
        .hears(Msg::Engine(Event::Idle(Idle::Nodes)));
    let confirmed =
        |script: &Script| script.asked.iter().any(|one| matches!(one, Effect::Engine(Command::ConfirmNodes(_))));
    for wrong in ["<enter><enter>", "shop<enter>", "-PROD<enter>", "<esc>"] {
        script.keys(wrong);
        assert!(!confirmed(&script), "{wrong}");
    }
    script.keys("<enter>shop-prod<enter>");
    assert!(confirmed(&script));
}

#[test]
fn leaving_asks_where_something_would_stop_and_a_second_wish_is_obeyed() {
    let left = |script: &Script| script.asked.iter().any(|one| matches!(one, Effect::Quit));
    let mut script = Script::begun(Vec::new()).then("q");
    assert!(left(&script), "nothing is lost there");
    script = scenes::run(scenes::until(StepId::Consent)).then("q");
    assert!(!left(&script));
    script.keys("<ctrl-c>");
    assert!(left(&script));
}

#[test]
fn the_exit_code_says_what_is_left_to_do() {
    let code = |script: &Script| match &script.model.screen {
        Screen::Run(run) => run.exit_code(),
        _ => panic!("no run"),
    };
    let consent = scenes::run(scenes::until(StepId::Consent));
    assert_eq!(code(&consent), ExitCode::Interrupted);
    let waits = consent.hears(scenes::status(StepId::Consent, Doing::Person, "somebody", None));
    assert_eq!(code(&waits), ExitCode::Waiting);
    assert_eq!(code(&scenes::run(sample::failed())), ExitCode::Azure);
    assert_eq!(code(&scenes::run(sample::connected())), ExitCode::Done);
}

#[test]
fn a_secret_is_shown_once_and_wiped_when_it_is_closed() {
    let proven = || scenes::run(sample::connected()).hears(Msg::RunOver(Ok(Ended::Closed(Outcome::Connected))));
    let mut script = proven().then("v<esc>");
    let asked = |script: &Script| script.asked.iter().filter(|one| matches!(one, Effect::Reveal(_))).count();
    assert_eq!(asked(&script), 0, "it is asked first");
    script.keys("v<enter>");
    assert_eq!(asked(&script), 1);
    script.told(Msg::Revealed(Ok(Secret::new("once"))));
    script.keys("<esc>v<enter>");
    assert!(script.asked.iter().any(|one| matches!(one, Effect::Drop(_))), "it is wiped");
    assert_eq!(asked(&script), 1, "it is shown once");
    assert_eq!(asked(&proven().shared().then("v")), 0, "and never on a shared screen");
}

#[test]
fn a_failure_brings_itself_into_sight_and_can_be_tried_again() {
    let mut script = scenes::run(scenes::until(StepId::RegistryRole)).then("<home>");
    script.told(scenes::failed_at(StepId::RegistryRole, sample::problem()));
    script.keys("r");
    assert!(script.asked.iter().any(|one| matches!(one, Effect::Engine(Command::Retry(StepId::RegistryRole)))));
}

#[test]
fn a_reset_that_failed_is_repeated_once_its_nodes_are_confirmed_anew() {
    let mut script = scenes::run(scenes::until(StepId::ClusterUpdate))
        .hears(scenes::failed_at(StepId::ClusterUpdate, sample::problem()));
    script.keys("r");
    let retried = |script: &Script| {
        script.asked.iter().any(|one| matches!(one, Effect::Engine(Command::Retry(StepId::ClusterUpdate))))
    };
    assert!(retried(&script));
    // The engine answers with a review, and waits for a yes of its own.
    script.told(Msg::Engine(Event::ConfirmNodes(review())));
    script.told(Msg::Engine(Event::Idle(Idle::Nodes)));
    script.keys("<enter>shop-prod<enter>");
    assert!(script.asked.iter().any(|one| matches!(one, Effect::Engine(Command::ConfirmNodes(_)))));
}

#[test]
fn a_pull_behind_a_firewall_can_rest_on_somebodys_word() {
    let mut problem = sample::problem();
    problem.code = Some("DENIED".to_owned());
    problem.message = "client with IP '203.0.113.7' is not allowed access.".to_owned();
    let script =
        scenes::run(scenes::until(StepId::Probe)).hears(scenes::failed_at(StepId::Probe, problem)).then("v<enter>");
    let asked: Vec<&Effect> = script.asked.iter().rev().take(2).collect();
    assert!(
        matches!(
            asked[..],
            [Effect::Engine(Command::Retry(StepId::Probe)), Effect::Engine(Command::Vouch(StepId::Probe))]
        ),
        "{asked:?}"
    );
    let other = scenes::run(sample::failed()).then("v<enter>");
    assert!(!other.asked.iter().any(|one| matches!(one, Effect::Engine(Command::Vouch(_)))), "no other failure can");
}

#[test]
fn somebody_else_goes_on_with_it() {
    let mut script = scenes::run(sample::failed()).then("e<end><up><up><up><up><enter>");
    let asked = script.asked.iter().any(|one| matches!(one, Effect::SignInAs { .. }));
    assert!(asked, "{:?}", script.asked.last());
    // The run that was stopped for it is not the end.
    script.told(Msg::RunOver(Ok(Ended::Stopped)));
    let Screen::Run(run) = &script.model.screen else { panic!("no run") };
    assert!(!run.over());
}

#[test]
fn records_of_the_engine_are_what_the_screen_shows() {
    let entries = sample::entries(sample::connected());
    let mut script = scenes::run(sample::confirmed(sample::answers(), &sample::plan()));
    for entry in entries.into_iter().skip(4) {
        script.told(Msg::Engine(Event::Recorded(Arc::new(entry))));
    }
    assert_eq!(script.model.stage(), Some(Stage::Proof));
}

#[test]
fn a_keychain_that_fails_is_told_until_something_else_happens() {
    let mut script = scenes::run(sample::confirmed(sample::answers(), &sample::plan()));
    let mut said = Vec::new();
    for entry in sample::entries(sample::connected()).into_iter().skip(4) {
        let (of_secret, mut refused) = (entry.clone(), entry.clone());
        let Record::Applied { step: StepId::Secret, output } = &entry.record else {
            script.told(Msg::Engine(Event::Recorded(Arc::new(entry))));
            said.push(script.model.notice.as_ref().map(|notice| notice.text.clone()));
            continue;
        };
        let Output::Key(key) = &**output else { panic!("no key") };
        refused.record = Record::TextRefused { key: key.id, why: "the keychain is locked".to_owned() };
        script.told(Msg::Engine(Event::Recorded(Arc::new(of_secret))));
        script.told(Msg::Engine(Event::Recorded(Arc::new(refused))));
    }
    let told: Vec<&String> = said.iter().flatten().collect();
    assert!(told.first().is_some_and(|text| text.contains("locked") && text.contains("memory only")), "{said:?}");
    assert!(said.last().is_some_and(Option::is_none), "{said:?}");
}

#[test]
fn forgetting_asks_first_and_never_forgets_what_exists() {
    let asked =
        |script: &Script| script.asked.iter().any(|one| matches!(one, Effect::RemoveDraft(_) | Effect::Forget(_)));
    let mut script = Script::begun(answers::kept()).then("f<esc>");
    assert!(!asked(&script));
    script.keys("fy");
    assert!(asked(&script));
    let waiting = Script::begun(answers::kept()).then("<down>fy<enter>");
    assert!(!asked(&waiting), "its app is in two tenants");
}

#[test]
fn the_mouse_marks_and_takes() {
    let mut script = Script::begun(answers::kept());
    script.told(Msg::Click(crate::tui::keymap::Act::Mark(0)));
    assert!(matches!(&script.model.screen, Screen::Start(start) if start.at == 0));
    script.told(Msg::Click(crate::tui::keymap::Act::Mark(0)));
    assert!(question(&script.model).is_some(), "a click on what is marked takes it");
}

#[test]
fn an_image_that_no_list_holds_stands_in_the_field_again() {
    let mut script = planned().then("<esc>9.9<enter>");
    assert_eq!(script.model.stage(), Some(Stage::Plan));
    let answers = script.model.draft.clone();
    script.keys("<esc>");
    let Screen::Questions(model) = &script.model.screen else { panic!("no question") };
    assert_eq!(model.field.text(), "9.9");
    script.keys("<enter>");
    assert_eq!(script.model.draft, answers);
}

#[test]
fn a_whole_image_answers_the_question_on_its_tag() {
    let script = planned().then("<esc>fabrikamimages.azurecr.io/shop/web:2.0<enter>");
    assert_eq!(script.model.draft.image.as_ref().map(ToString::to_string).as_deref(), Some("shop/web:2.0"));
    assert_eq!(script.model.stage(), Some(Stage::Plan));
}

#[test]
fn no_image_is_taken_that_the_app_is_not_to_pull() {
    let mut script = planned();
    script.model.draft.repositories = vec!["shop/api".parse().unwrap()];
    script.keys("<esc>shop/web:2.0<enter>");
    let Screen::Questions(model) = &script.model.screen else { panic!("it was taken") };
    assert!(model.trouble.as_ref().is_some_and(|trouble| trouble.said.contains("other repositories only")));
}

#[test]
fn what_was_typed_for_a_tenant_is_there_again_after_going_back() {
    let script = Script::begun(Vec::new()).then("<enter>nosuch.example<esc><enter>");
    let Screen::Questions(model) = &script.model.screen else { panic!("no question") };
    assert_eq!(model.field.text(), "nosuch.example");
}

#[test]
fn a_setup_that_cannot_be_opened_takes_another_account_or_leads_back_to_the_list() {
    let trouble = crate::tui::trouble::Trouble { said: "no".to_owned(), problem: None, code: ExitCode::Usage };
    let known = Some(Box::new(answers::opened(scenes::until(StepId::Consent), true)));
    let mut script = Script::begun(answers::kept()).then("<down><enter>");
    script.told(Msg::Opened(Err(NotOpened { trouble, known })));
    script.keys("e<esc>");
    assert!(matches!(script.model.screen, Screen::Run(_)), "another account can be taken");
    script.keys("<esc>");
    assert!(matches!(script.model.screen, Screen::Start(_)));
    assert!(script.asked.iter().any(|one| matches!(one, Effect::CloseRun)), "its journal is let go");
}

#[test]
fn a_wait_for_a_person_stays_one_while_the_network_is_away() {
    let says =
        |doing| scenes::status(StepId::Consent, doing, "an admin of Fabrikam to accept the app", Some("no answer"));
    let fresh = scenes::run(scenes::until(StepId::Consent)).hears(says(Doing::Network));
    assert!(picture_of(&fresh).contains("getting ready"), "nobody knows yet whether it is");
    let waiting = scenes::run(scenes::until(StepId::Consent)).hears(says(Doing::Person)).hears(says(Doing::Network));
    let screen = picture_of(&waiting);
    assert!(screen.contains("WAITS FOR Fabrikam") && screen.contains("The last look got no answer"), "{screen}");
}
