//! The wizard, on the real Azure or on whatever the global options name.

use std::{
    env,
    io::{IsTerminal as _, stdin, stdout},
};

use super::{keeping, options, started};
use crate::{
    cli::{Global, ResumeArgs, Screen, Theme},
    domain::problem::ProblemKind,
    error::{Error, ExitCode},
    plain::out::Out,
    session::{Refusal, Session},
    tui::{
        self, Front, Left,
        look::{Hints, Look, Wish},
    },
};

/// Whether there is a terminal to draw on and somebody to type.
pub(super) fn can_draw() -> bool {
    stdin().is_terminal() && stdout().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether `resume` was asked for by a person at a terminal who left everything to the screen.
pub(super) fn wanted(args: &ResumeArgs) -> bool {
    let told = args.plain
        || args.yes.yes
        || args.json.json
        || args.vouch.is_some()
        || args.run.wait.is_some()
        || args.run.confirm_nodes.is_some();
    !told && can_draw()
}

pub(super) async fn run(global: &Global, resume: Option<ResumeArgs>) -> Result<ExitCode, Refusal> {
    expect_terminal()?;
    let options = options(global)?;
    let data_dir = options.data_dir.clone();
    // Found before the screen opens: a name that is not there is answered in the shell.
    let resume = match resume {
        Some(args) => {
            let entry = crate::session::Store::new(&data_dir).find(args.setup.as_deref())?;
            if entry.reading.as_ref().is_ok_and(|read| read.progress.closed().is_some() || read.progress.undoing()) {
                // There is nothing to draw: a line says so, and what goes on with it.
                let session = keeping(global, Session::open(options)?);
                return super::work::resume(&session, &args, started(global)).await;
            }
            let name = entry.name;
            if let Some(image) = &args.image {
                Session::open(options.clone())?.take_image(Some(&name), image)?;
            }
            Some(name)
        }
        None => None,
    };
    let session = keeping(global, Session::open(options)?);
    // Said in the shell as well: nothing has been asked yet that could be lost.
    session.expect_keychain().await?;
    let front = Front {
        open: Some(Box::new(move || Ok(session))),
        training: None,
        story: None,
        resume,
        started: started(global),
        look: look(&global.screen),
        mouse: global.screen.mouse,
        data_dir,
    };
    Ok(left(&tui::run(front).await?))
}

/// Says what is worth a line in the shell.
pub(super) fn left(left: &Left) -> ExitCode {
    if let Some(words) = &left.words {
        Out { json: false }.text(words);
    }
    left.code
}

/// The wizard needs a terminal; everything it does can be done without one as well.
pub(super) fn expect_terminal() -> Result<(), Error> {
    if can_draw() {
        return Ok(());
    }
    Err(Error::new(
        ProblemKind::Answers,
        "open the wizard: it needs a terminal to draw on. `crosspull plan` and `crosspull apply` take a setup file instead",
    ))
}

/// Colours and glyphs, as the options and the terminal's own hints say.
pub(super) fn look(screen: &Screen) -> Look {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    Look::choose(&Hints {
        wish: match screen.theme {
            Theme::Auto => Wish::Auto,
            Theme::Dark => Wish::Dark,
            Theme::Light => Wish::Light,
            Theme::None => Wish::None,
        },
        ascii: screen.ascii,
        shared: screen.shared,
        no_color: variable("NO_COLOR").is_some(),
        colorfgbg: variable("COLORFGBG"),
        locale: variable("LC_ALL").or_else(|| variable("LC_CTYPE")).or_else(|| variable("LANG")),
    })
}
