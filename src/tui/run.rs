//! The loop: one queue of messages, and one draw when it is empty and something changed.

use std::{io, panic::AssertUnwindSafe, path::PathBuf, sync::Arc, time::Duration};

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind};
use futures::FutureExt as _;
use tokio::sync::mpsc;

use super::{
    browser::{self, Browser},
    canvas::Shown,
    clipboard::{Clipboard, Note, Place},
    effect::Effect,
    effects::Effects,
    look::Look,
    model::{Model, Screen},
    msg::Msg,
    screens::scenarios,
    terminal::{self, Heard, Signal, Terminal},
    training::Training,
    update::update,
    view::view,
};
use crate::{
    domain::problem::ProblemKind,
    engine::wait::now,
    error::{Error, ExitCode},
    secret::Secret,
    session::Session,
    words::again::{Started, own_line},
};

/// How often the screen is drawn while something runs: seconds are shown.
const SECOND: Duration = Duration::from_secs(1);

/// What the wizard is opened with.
pub struct Front {
    /// Opens the session; in a demo each world has one of its own.
    pub open: Option<Box<dyn FnOnce() -> Result<Session, Error> + Send>>,
    /// The demo's worlds, where this is a demo.
    pub training: Option<Arc<dyn Training>>,
    /// The demo's scenario to begin with; without one it is chosen from the list.
    pub story: Option<String>,
    /// The setup to go on with.
    pub resume: Option<String>,
    /// How to come back.
    pub started: Started,
    /// Colours and glyphs.
    pub look: Look,
    /// Whether the mouse is wanted. The terminal's own selection of text then needs Shift.
    pub mouse: bool,
    /// Where a crash report goes.
    pub data_dir: PathBuf,
}

/// How the wizard was left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// What the program exits with.
    pub code: ExitCode,
    /// What is worth a line in the shell: how it ended, or how to go on.
    pub words: Option<String>,
}

/// Shows the wizard until it is left.
pub async fn run(front: Front) -> Result<Left, Error> {
    let scenarios = front.training.as_ref().map(|training| training.scenarios());
    let mut model = Model::new(front.look, now(), scenarios);
    model.place = browser::Place::of_process();
    model.started = front.started;
    let mut terminal = Terminal::enter(terminal::Options { mouse: front.mouse, crashes: front.data_dir })?;
    let (clipboard, notes) = Clipboard::new(Place::of_process());
    let (effects, messages) = Effects::new(front.open, front.training, clipboard, Browser::of_process());
    let first = match front.story {
        Some(story) => scenarios::begin(&mut model, story),
        None => first(&mut model, front.resume),
    };
    let mut wizard = Wizard { model, effects, messages, notes, changed: true, shown: Shown::default() };
    // A defect of the screen has been told by then. What runs behind it is stopped in order all the same.
    let ended = AssertUnwindSafe(wizard.live(&mut terminal, first)).catch_unwind().await.unwrap_or(Ok(()));
    wizard.close(&mut terminal).await;
    terminal.leave();
    ended
        .map(|()| Left { code: wizard.code(), words: parting(&wizard.model) })
        .map_err(|error| Error::new(ProblemKind::Local, "go on with the wizard").because(error))
}

/// What is begun with.
fn first(model: &mut Model, resume: Option<String>) -> Vec<Effect> {
    match (resume, &mut model.screen) {
        (Some(name), Screen::Start(start)) => {
            start.opening = true;
            vec![Effect::ListSetups, Effect::Detect, Effect::Resume(name)]
        }
        (_, Screen::Start(_)) => vec![Effect::ListSetups, Effect::Detect],
        _ => Vec::new(),
    }
}

struct Wizard {
    model: Model,
    effects: Effects,
    messages: mpsc::Receiver<Msg>,
    notes: mpsc::Receiver<Note>,
    /// Something has changed since the last frame.
    changed: bool,
    /// What the last frame shows.
    shown: Shown,
}

/// What the loop goes on to.
enum Next {
    On,
    Sleep,
    Leave,
}

impl Wizard {
    async fn live(&mut self, terminal: &mut Terminal, first: Vec<Effect>) -> io::Result<()> {
        // The first frame waits for nothing.
        self.draw(terminal)?;
        let mut next = self.begin(first);
        loop {
            match next {
                Next::On => {}
                Next::Sleep => {
                    if !terminal.suspend()? {
                        self.model.warn("There is no shell here to go back to.");
                        self.changed = true;
                    }
                }
                Next::Leave => return Ok(()),
            }
            if self.changed && self.messages.is_empty() {
                // A terminal that took the first frame and takes no other is gone.
                if self.draw(terminal).is_err() {
                    return Ok(());
                }
            }
            let tick = self.model.moves();
            next = tokio::select! {
                biased;
                heard = terminal.next() => self.heard(terminal, heard),
                Some(msg) = self.messages.recv() => self.told(msg),
                Some(note) = self.notes.recv() => self.noted(terminal, note),
                () = tokio::time::sleep(SECOND), if tick => self.told(Msg::Tick),
            };
        }
    }

    fn draw(&mut self, terminal: &mut Terminal) -> io::Result<()> {
        (self.model.size, self.shown) = terminal.draw(|frame| view(&self.model, frame))?;
        if let Some(furthest) = self.shown.furthest {
            self.model.scrolls_to(furthest);
        }
        self.changed = false;
        Ok(())
    }

    fn heard(&mut self, terminal: &mut Terminal, heard: Heard) -> Next {
        let msg = match heard {
            Heard::Signal(Signal::Panicked) => return Next::Leave,
            Heard::Signal(Signal::End | Signal::HungUp) => Msg::Ended,
            Heard::Signal(Signal::Sleep) => return Next::Sleep,
            Heard::Signal(Signal::Woken) => match terminal.again() {
                Ok(()) => Msg::Redraw,
                // Whoever hears that the terminal is gone is woken to hear it.
                Err(_) => Msg::Ended,
            },
            // Windows tells the release of a key too, and it would count twice.
            Heard::Input(Input::Key(key)) if key.kind == KeyEventKind::Release => return Next::On,
            Heard::Input(Input::Key(key)) => Msg::Key(key),
            Heard::Input(Input::Paste(text)) => Msg::Paste(Secret::new(text)),
            Heard::Input(Input::Resize(..)) => Msg::Redraw,
            Heard::Input(Input::Mouse(mouse)) => match mouse.kind {
                MouseEventKind::ScrollUp => Msg::Wheel(-1),
                MouseEventKind::ScrollDown => Msg::Wheel(1),
                MouseEventKind::Down(MouseButton::Left) => match self.shown.clicked(mouse.column, mouse.row) {
                    Some(act) => Msg::Click(act),
                    None => return Next::On,
                },
                _ => return Next::On,
            },
            Heard::Input(Input::FocusGained | Input::FocusLost) => return Next::On,
        };
        self.told(msg)
    }

    fn told(&mut self, msg: Msg) -> Next {
        self.model.now = now();
        // A request shows nowhere but in the details pane.
        self.changed |= !matches!(msg, Msg::Request(_)) || self.model.details;
        let effects = update(&mut self.model, msg);
        self.begin(effects)
    }

    fn begin(&mut self, effects: Vec<Effect>) -> Next {
        let mut next = Next::On;
        for effect in effects {
            match effect {
                Effect::Quit => next = Next::Leave,
                Effect::Suspend => next = Next::Sleep,
                effect => self.effects.begin(effect),
            }
        }
        next
    }

    fn noted(&mut self, terminal: &mut Terminal, note: Note) -> Next {
        match note {
            Note::ToTerminal(sequence) => match terminal.write(sequence.expose()) {
                Ok(()) => Next::On,
                Err(_) => self.told(Msg::Ended),
            },
            Note::Cleared => self.told(Msg::ClipboardCleared),
        }
    }

    /// What the run still has to write down is written before the terminal goes. Whoever asks a second time is not kept; a
    /// terminal that is gone, or a defect, is nobody who asks.
    async fn close(&mut self, terminal: &mut Terminal) {
        self.model.dialogs.clear();
        self.model.say(if self.model.runs() { "Stopping. What is being sent is let finish." } else { "" });
        // A terminal that is gone shows nothing, and holds nothing up.
        let _ = self.draw(terminal);
        let closing = self.effects.close();
        tokio::pin!(closing);
        loop {
            tokio::select! {
                () = &mut closing => return,
                Some(_) = self.messages.recv() => {}
                heard = terminal.next() => match heard {
                    Heard::Signal(Signal::End) => return,
                    Heard::Input(Input::Key(key)) if again(key) => return,
                    _ => {}
                },
            }
        }
    }

    /// With what the program ends: the wizard was left, and that says whether there is more to do.
    fn code(&self) -> ExitCode {
        if terminal::panicked() {
            return ExitCode::Internal;
        }
        match &self.model.screen {
            Screen::Run(run) if self.model.interrupted && !run.proven() => ExitCode::Interrupted,
            Screen::Run(run) => run.exit_code(),
            Screen::Start(_) => self.model.not_opened.unwrap_or(ExitCode::Done),
            _ => ExitCode::Done,
        }
    }
}

/// What is said once the terminal is given back. A demo leaves nothing to go on with.
fn parting(model: &Model) -> Option<String> {
    if model.demo.is_some() || terminal::panicked() {
        return None;
    }
    match &model.screen {
        Screen::Run(run) => Some(run.parting(&model.started)),
        // Its journal may be there already.
        Screen::Plan(plan) if plan.beginning => {
            let name = model.draft.setup_name().unwrap_or_default();
            Some(format!("It was just being begun. Go on with:\n{}", own_line(&model.started.resume(&name, ""))))
        }
        Screen::Questions(_) | Screen::Plan(_) if model.draft.cluster.tenant.is_some() => {
            let command = own_line(&model.started.wizard());
            Some(format!("Nothing was changed in Azure. {}\n{command}", model.started.back_to_answers()))
        }
        _ => None,
    }
}

/// A key that is held down, or let go, is no second wish.
fn again(key: KeyEvent) -> bool {
    if key.kind != KeyEventKind::Press {
        return false;
    }
    key.code == KeyCode::Char('q') || (key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL))
}
