//! A wizard that is driven by a script of keys. What it asks of a session is answered at once, out of one sample setup;
//! what is left to the test stays in `asked`.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use time::{Duration, OffsetDateTime};

use super::answers;
use crate::{
    domain::SetupId,
    sample,
    tui::{
        effect::Effect,
        look::{Hints, Look, Wish},
        model::Model,
        msg::Msg,
        training::Scenario,
        update::update,
    },
};

/// When the tests' wizards look at their clock.
pub(super) const NOW: OffsetDateTime = sample::BEGIN;

pub(super) struct Script {
    pub(super) model: Model,
    /// What was asked for and not answered.
    pub(super) asked: Vec<Effect>,
    /// Questions to Azure are left open.
    pub(super) silent: bool,
}

fn look(shared: bool) -> Look {
    Look::choose(&Hints { wish: Wish::Dark, locale: Some("C.UTF-8".to_owned()), shared, ..Hints::default() })
}

impl Script {
    /// The real thing, with these setups and drafts on the machine.
    pub(super) fn begun(kept: Vec<crate::tui::msg::Kept>) -> Self {
        let mut script = Self { model: Model::new(look(false), NOW, None), asked: Vec::new(), silent: false };
        script.told(Msg::Setups(Ok(kept)));
        script.told(Msg::Accounts(answers::accounts()));
        script
    }

    /// The demo.
    pub(super) fn demo() -> Self {
        let scenario = |id: &str, title: &str| Scenario {
            id: id.to_owned(),
            title: title.to_owned(),
            about: format!("What one learns from {title:?}."),
        };
        let scenarios = vec![scenario("default", "All goes well"), scenario("firewall", "A firewall")];
        Self { model: Model::new(look(false), NOW, Some(scenarios)), asked: Vec::new(), silent: false }
    }

    /// The screen is shared with others.
    pub(super) fn shared(mut self) -> Self {
        self.model.look = look(true);
        self
    }

    pub(super) fn told(&mut self, msg: Msg) {
        let effects = update(&mut self.model, msg);
        // The one thing that is drawn by lot.
        self.model.draft.setup = SetupId(sample::uuid(3));
        for effect in effects {
            let answers = if self.silent { Vec::new() } else { answers::to(&effect, &self.model) };
            if answers.is_empty() {
                self.asked.push(effect);
            }
            for answer in answers {
                self.told(answer);
            }
        }
    }

    /// Presses keys: text as it is, others as `<enter>`, `<esc>`, `<down>`, `<f1>`, `<ctrl-c>` …
    pub(super) fn keys(&mut self, script: &str) {
        let mut rest = script;
        while let Some(first) = rest.chars().next() {
            if let Some((name, more)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
                self.told(Msg::Key(named(name)));
                rest = more;
            } else {
                self.told(Msg::Key(KeyEvent::new(KeyCode::Char(first), KeyModifiers::NONE)));
                rest = &rest[first.len_utf8()..];
            }
        }
    }

    /// The same, for a chain.
    pub(super) fn then(mut self, script: &str) -> Self {
        self.keys(script);
        self
    }

    /// Leaves what is asked from now on without an answer.
    pub(super) fn without_answers(mut self) -> Self {
        self.silent = true;
        self
    }

    pub(super) fn hears(mut self, msg: Msg) -> Self {
        self.told(msg);
        self
    }

    pub(super) fn later(mut self, by: Duration) -> Self {
        self.model.now += by;
        self.hears(Msg::Tick)
    }
}

fn named(name: &str) -> KeyEvent {
    if let Some(letter) = name.strip_prefix("ctrl-").and_then(|rest| rest.chars().next()) {
        return KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
    }
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "left" => KeyCode::Left,
        "back" => KeyCode::Backspace,
        "f1" => KeyCode::F(1),
        "f2" => KeyCode::F(2),
        "f5" => KeyCode::F(5),
        other => panic!("no key <{other}>"),
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}
