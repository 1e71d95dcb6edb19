//! What changes when something is told: pure, and never waits.

use crossterm::event::KeyModifiers;

use super::{
    effect::Effect,
    keymap::{self, Act},
    model::{Dialog, Model, Screen},
    msg::Msg,
    screens::{plan, questions, run, scenarios, sign_in, start},
    view::SMALLEST,
};

/// Takes one thing in, and says what is to be done.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        // Where nothing can be seen, nothing is meant but what the screen names.
        Msg::Key(key) if !in_sight(model) && !key.modifiers.contains(KeyModifiers::CONTROL) => Vec::new(),
        Msg::Key(key) => match keymap::meaning(model, key) {
            Some(act) => {
                model.notice = None;
                perform(model, act)
            }
            None if model.takes_text() => {
                model.notice = None;
                typed(model, key)
            }
            None => Vec::new(),
        },
        Msg::Paste(text) => pasted(model, text.expose()),
        Msg::Wheel(lines) => perform(model, if lines < 0 { Act::Up } else { Act::Down }),
        Msg::Click(act) => {
            model.notice = None;
            perform(model, act)
        }
        Msg::Redraw | Msg::Tick => Vec::new(),
        Msg::Ended => {
            (model.leaving, model.interrupted) = (true, true);
            vec![Effect::Quit]
        }
        Msg::Accounts(accounts) => {
            model.accounts = Some(accounts);
            match &model.screen {
                Screen::Questions(_) => questions::accounts_came(model),
                _ => Vec::new(),
            }
        }
        Msg::Request(request) => {
            model.keep(request);
            Vec::new()
        }
        Msg::Copied { what, how } => {
            let text = how.words(what);
            if how.failed() {
                model.warn(text);
            } else {
                model.say(text);
            }
            Vec::new()
        }
        Msg::ClipboardCleared => {
            model.say("The secret was removed from the clipboard.");
            Vec::new()
        }
        Msg::Browser(opened) => {
            let text = opened.words();
            if opened.failed() {
                sign_in::browser_failed(model);
                model.warn(text);
            } else {
                model.say(text);
            }
            Vec::new()
        }
        Msg::Failed(trouble) => {
            model.warn(trouble.said);
            Vec::new()
        }
        Msg::SignIns(waiting) => sign_in::came(model, waiting),
        Msg::World(came) => scenarios::world_came(model, came),
        Msg::Setups(came) => start::setups_came(model, came),
        msg @ (Msg::Found(..) | Msg::SignedIn(..) | Msg::Named(..) | Msg::Rows(_)) => questions::hear(model, msg),
        Msg::Looking(ticket, looking) => {
            plan::looking(model, ticket, looking);
            Vec::new()
        }
        Msg::Planned(ticket, planned) => plan::planned(model, ticket, planned),
        Msg::Opened(opened) => run::opened(model, opened),
        msg @ (Msg::Engine(_)
        | Msg::Statuses(_)
        | Msg::RunOver(_)
        | Msg::Revealed(_)
        | Msg::Saved(..)
        | Msg::Report(_)) => run::hear(model, msg),
    }
}

fn in_sight(model: &Model) -> bool {
    model.size.0 >= SMALLEST.0 && model.size.1 >= SMALLEST.1
}

fn perform(model: &mut Model, act: Act) -> Vec<Effect> {
    // What cannot be seen is not agreed to.
    // Back from a sign-in ends it.
    let gives_up = matches!(model.dialogs.last(), Some(Dialog::SignIn(_))) && act == Act::Back;
    let harmless = matches!(act, Act::Help | Act::Leave | Act::Suspend | Act::Back) && !gives_up;
    let leaves = act == Act::Enter && matches!(model.dialogs.last(), Some(Dialog::Leave));
    if !in_sight(model) && !harmless && !leaves {
        return Vec::new();
    }
    match act {
        Act::Help => {
            if matches!(model.dialogs.last(), Some(Dialog::Keys { .. })) {
                model.dialogs.pop();
            } else {
                model.dialogs.push(Dialog::Keys { scroll: 0 });
            }
            Vec::new()
        }
        Act::Details => {
            model.details = !model.details;
            model.details_back = 0;
            Vec::new()
        }
        Act::Earlier => {
            let most = u16::try_from(model.requests.len()).unwrap_or(u16::MAX).saturating_sub(1);
            scrolled(&mut model.details_back, |at| at.saturating_add(4).min(most))
        }
        Act::Later => scrolled(&mut model.details_back, |at| at.saturating_sub(4)),
        Act::Suspend => vec![Effect::Suspend],
        // Asked twice in a row, it is meant.
        Act::Leave if matches!(model.dialogs.last(), Some(Dialog::Leave)) => leave(model),
        Act::Leave => {
            if leaves_unasked(model) {
                return leave(model);
            }
            model.dialogs.push(Dialog::Leave);
            Vec::new()
        }
        act if model.dialogs.last().is_some() => in_dialog(model, act),
        act => on_screen(model, act),
    }
}

/// Where nothing runs and nothing would have to be typed again, a question would only be in the way.
fn leaves_unasked(model: &Model) -> bool {
    // A question that nobody can see is no question; leaving is safe everywhere.
    if !in_sight(model) {
        return true;
    }
    match &model.screen {
        Screen::Scenarios(_) | Screen::Start(_) => true,
        Screen::Run(run) => run.over() && !run.proven(),
        Screen::Questions(_) | Screen::Plan(_) => false,
    }
}

fn leave(model: &mut Model) -> Vec<Effect> {
    model.leaving = true;
    vec![Effect::Quit]
}

fn in_dialog(model: &mut Model, act: Act) -> Vec<Effect> {
    let page = model.size.1 / 2;
    match (model.dialogs.last_mut(), act) {
        (Some(Dialog::Leave), Act::Enter) => leave(model),
        (Some(Dialog::Keys { scroll } | Dialog::Text { scroll, .. }), act) => match act {
            Act::Up => scrolled(scroll, |at| at.saturating_sub(1)),
            Act::Down => scrolled(scroll, |at| at.saturating_add(1)),
            Act::PageUp => scrolled(scroll, |at| at.saturating_sub(page)),
            Act::PageDown => scrolled(scroll, |at| at.saturating_add(page)),
            Act::First => scrolled(scroll, |_| 0),
            Act::Last => scrolled(scroll, |_| u16::MAX),
            Act::CopyShown => match model.dialogs.last() {
                Some(Dialog::Text { copy: Some((what, text)), .. }) => {
                    vec![Effect::Copy { what, text: text.clone() }]
                }
                _ => Vec::new(),
            },
            Act::Enter | Act::Back => {
                model.dialogs.pop();
                Vec::new()
            }
            _ => Vec::new(),
        },
        (Some(Dialog::Start(_)), act) => start::in_dialog(model, act),
        (Some(Dialog::Plan(_)), act) => plan::in_dialog(model, act),
        (Some(Dialog::Run(_)), act) => run::in_dialog(model, act),
        (Some(Dialog::SignIn(_)), act) => sign_in::in_dialog(model, act),
        (_, Act::Back) => {
            model.dialogs.pop();
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn scrolled(scroll: &mut u16, to: impl FnOnce(u16) -> u16) -> Vec<Effect> {
    *scroll = to(*scroll);
    Vec::new()
}

fn on_screen(model: &mut Model, act: Act) -> Vec<Effect> {
    match &model.screen {
        Screen::Scenarios(_) => scenarios::perform(model, act),
        Screen::Start(_) => start::perform(model, act),
        Screen::Questions(_) => questions::perform(model, act),
        Screen::Plan(_) => plan::perform(model, act),
        Screen::Run(_) => run::perform(model, act),
    }
}

fn typed(model: &mut Model, key: crossterm::event::KeyEvent) -> Vec<Effect> {
    match (model.dialogs.last(), &model.screen) {
        (Some(Dialog::Plan(_)), _) => plan::typed(model, key),
        (Some(Dialog::Run(_)), _) => run::typed(model, key),
        (Some(Dialog::SignIn(_)), _) => sign_in::typed(model, key),
        (None, Screen::Questions(_)) => questions::typed(model, key),
        _ => Vec::new(),
    }
}

fn pasted(model: &mut Model, text: &str) -> Vec<Effect> {
    model.notice = None;
    match (model.dialogs.last(), &model.screen) {
        (Some(Dialog::Plan(_)), _) => plan::pasted(model, text),
        (Some(Dialog::SignIn(_)), _) => sign_in::pasted(model, text),
        // An address that is pasted while consent is waited for is what the browser landed on.
        (Some(Dialog::Run(_)), _) | (None, Screen::Run(_)) => run::pasted(model, text),
        (None, Screen::Questions(_)) => questions::pasted(model, text),
        _ => Vec::new(),
    }
}
