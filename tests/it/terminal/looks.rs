//! Colours, characters and the mouse, as the terminal and its owner wish.

use super::{
    left::{Left, last, readable},
    pty::{CTRL_C, ENTER, F1, Program},
};

/// Through a few screens, and out.
fn seen(edit: impl FnOnce(Program) -> Program) -> Left {
    let home = tempfile::tempdir().unwrap();
    let mut wizard = edit(Program::crosspull(home.path())).arg("demo").start();
    wizard.shows("All goes well");
    wizard.keys(F1);
    wizard.shows("show every key");
    wizard.keys(ENTER);
    wizard.hides("show every key");
    wizard.keys(ENTER);
    wizard.shows("Which company's cluster is it?");
    wizard.keys(ENTER);
    wizard.shows("Who signs in there?");
    wizard.keys(CTRL_C);
    wizard.shows("stay");
    wizard.keys(CTRL_C);
    wizard.end().exits(0).gave_back()
}

/// The numbers of every select-graphic-rendition sequence.
fn graphics(raw: &[u8]) -> Vec<Vec<u16>> {
    let text = String::from_utf8_lossy(raw);
    let mut all = Vec::new();
    for sequence in text.split("\x1b[").skip(1) {
        let numbers: String = sequence.chars().take_while(|c| c.is_ascii_digit() || *c == ';').collect();
        if sequence[numbers.len()..].starts_with('m') {
            all.push(numbers.split(';').map(|number| number.parse().unwrap_or(0)).collect());
        }
    }
    all
}

/// Whether a sequence asks for a colour; 39 and 49 ask for the terminal's own.
fn colours(raw: &[u8]) -> bool {
    graphics(raw).iter().flatten().any(|number| matches!(number, 30..=38 | 40..=48 | 90..=107))
}

#[test]
fn there_is_colour() {
    assert!(colours(&seen(|wizard| wizard).raw));
}

#[test]
fn no_color_takes_the_colours_away_and_leaves_the_rest() {
    let left = seen(|wizard| wizard.env("NO_COLOR", "1"));
    assert!(!colours(&left.raw), "{}", readable(&left.raw));
    for (what, number) in [("bold", 1), ("faint", 2), ("reversed", 7)] {
        assert!(graphics(&left.raw).iter().flatten().any(|one| *one == number), "{what} is missing");
    }
}

#[test]
fn no_color_that_is_empty_is_no_wish() {
    assert!(colours(&seen(|wizard| wizard.env("NO_COLOR", "")).raw));
}

#[test]
fn an_option_is_a_newer_word_than_no_color() {
    let left = seen(|wizard| wizard.env("NO_COLOR", "1").args(["--theme", "dark"]));
    assert!(colours(&left.raw), "{}", readable(&left.raw));
}

#[test]
fn no_theme_is_no_colour() {
    assert!(!colours(&seen(|wizard| wizard.args(["--theme", "none"])).raw));
}

#[test]
fn ascii_where_it_is_wished_or_where_the_locale_has_no_more() {
    assert!(!seen(|wizard| wizard).raw.is_ascii(), "this would show nothing");
    let left = seen(|wizard| wizard.arg("--ascii"));
    assert!(left.raw.is_ascii(), "{}", readable(&left.raw));
    let left = seen(|wizard| wizard.env("LANG", "C"));
    assert!(left.raw.is_ascii(), "{}", readable(&left.raw));
}

#[test]
fn the_mouse_is_left_alone_unless_it_is_wished() {
    let (taken, never) = (seen(|wizard| wizard.arg("--mouse")), seen(|wizard| wizard));
    // Every way in which a program can ask for the mouse.
    for mode in [9, 1000, 1001, 1002, 1003, 1005, 1006, 1015, 1016] {
        assert!(last(&never.raw, format!("\x1b[?{mode}h").as_bytes()).is_none(), "{mode}");
    }
    assert!(last(&taken.raw, b"\x1b[?1000h").is_some() && last(&taken.raw, b"\x1b[?1006h").is_some());
}

#[test]
fn a_person_at_a_terminal_sees_what_is_looked_at() {
    let home = tempfile::tempdir().unwrap();
    let mut program = Program::crosspull(home.path()).args(["demo", "--plain"]).size(120, 200).start();
    program.shows("Do it?");
    for said in
        ["Looking at both sides. Nothing is changed by looking.", "  the registry and your rights on it        ok"]
    {
        program.shows(said);
    }
    program.keys("n");
    program.keys(ENTER);
    program.shows("Nothing was changed.");
    program.end();
}
