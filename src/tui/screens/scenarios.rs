//! The demo's first screen: which story is to be told.

use crate::tui::{
    effect::Effect,
    keymap::{self, Binding, enter},
    look::Look,
    model::{Demo, Model as Wizard, Screen},
    screens::start,
    training::{Scenario, Suggested},
    trouble::Trouble,
    widgets::doc::Doc,
};

/// Which scenario is marked.
#[derive(Debug, Default)]
pub struct Model {
    /// Its place in the list.
    pub at: usize,
    /// The world is being made.
    pub starting: bool,
}

/// The keys here.
pub fn keys(_: &Model) -> Vec<Binding> {
    vec![enter("start", "start the marked story")]
}

/// Back to the list: the next story is marked after one that was told to its end, else the same one.
pub(super) fn open(wizard: &mut Wizard) -> Vec<Effect> {
    let told = matches!(&wizard.screen, Screen::Run(run) if run.proven());
    let next = |demo: &Demo| (demo.told + usize::from(told)).min(demo.scenarios.len().saturating_sub(1));
    let at = wizard.demo.as_ref().map_or(0, next);
    wizard.screen = Screen::Scenarios(Model { at, starting: false });
    Vec::new()
}

/// Begins with a scenario that was named. It need not be in the list.
pub fn begin(wizard: &mut Wizard, id: String) -> Vec<Effect> {
    let at = wizard.demo.as_ref().and_then(|demo| demo.scenarios.iter().position(|one| one.id == id)).unwrap_or(0);
    if let Some(demo) = &mut wizard.demo {
        demo.told = at;
    }
    wizard.screen = Screen::Scenarios(Model { at, starting: true });
    vec![Effect::StartWorld(id)]
}

/// Does what a key means.
pub fn perform(wizard: &mut Wizard, act: keymap::Act) -> Vec<Effect> {
    let scenarios = wizard.demo.as_ref().map(|demo| demo.scenarios.clone()).unwrap_or_default();
    let last = scenarios.len().saturating_sub(1);
    let Screen::Scenarios(model) = &mut wizard.screen else { return Vec::new() };
    if model.starting {
        return Vec::new();
    }
    if let Some(to) = keymap::moved(act, model.at, last) {
        model.at = to;
    } else if let (keymap::Act::Enter | keymap::Act::Mark(_), Some(scenario)) = (act, scenarios.get(model.at)) {
        model.starting = true;
        let at = model.at;
        if let Some(demo) = &mut wizard.demo {
            demo.told = at;
        }
        return vec![Effect::StartWorld(scenario.id.clone())];
    }
    Vec::new()
}

/// The world stands: the wizard begins in it.
pub fn world_came(wizard: &mut Wizard, came: Result<Suggested, Trouble>) -> Vec<Effect> {
    match came {
        Ok(suggested) => {
            if let Some(demo) = &mut wizard.demo {
                demo.world = Some(suggested);
            }
            wizard.accounts = None;
            start::new_setup(wizard)
        }
        Err(trouble) => {
            if let Screen::Scenarios(model) = &mut wizard.screen {
                model.starting = false;
            }
            wizard.warn(trouble.said);
            Vec::new()
        }
    }
}

/// What the screen says.
pub fn doc(model: &Model, scenarios: &[Scenario], look: &Look) -> Doc {
    let mut doc = Doc::default();
    doc.heading("Learn it here, where nothing is real");
    doc.text(
        "Two companies and their Azure, pretended on this machine. Nothing leaves it, and nothing is kept. Everything \
         else is the real program.",
    );
    doc.blank();
    for (at, scenario) in scenarios.iter().enumerate() {
        doc.choice(look, at == model.at, &scenario.title, "");
    }
    doc.blank();
    if let Some(scenario) = scenarios.get(model.at) {
        doc.text(&scenario.about);
    }
    if model.starting {
        doc.blank();
        doc.dim("Building the two companies …");
    }
    doc
}
