//! What is shown, typed and resized.

use super::pty::{CTRL_C, DOWN, ENTER, ESC, F1, Program};

#[test]
fn the_first_frame_shows_and_q_leaves() {
    let home = tempfile::tempdir().unwrap();
    let mut wizard = Program::crosspull(home.path()).start();
    wizard.wait_for("the first screen, and no cursor in it", |screen| {
        let text = screen.contents();
        text.contains("a new setup") && text.contains("q leave") && screen.alternate_screen() && screen.hide_cursor()
    });
    assert!(!wizard.is_as_before(), "keys come one by one while it runs");
    wizard.keys("q");
    let left = wizard.end().exits(0).gave_back();
    assert_eq!(left.screen.contents().trim(), "", "the shell's screen is as it was");
}

#[test]
fn what_is_typed_stands_before_the_cursor() {
    let home = tempfile::tempdir().unwrap();
    let mut wizard = Program::crosspull(home.path()).arg("demo").start();
    wizard.shows("All goes well");
    wizard.keys(ENTER);
    wizard.shows("Which company's cluster is it?");
    wizard.keys("contoso.exampel");
    // Back over the typing error, as a line is edited everywhere.
    wizard.keys("\x1b[D\x1b[D");
    wizard.wait_for("the cursor within the text", |screen| cursor_is_behind(screen, "> contoso.examp"));
    wizard.keys("\x7f\x7fmp\x1b[3~\x1b[3~le");
    wizard.wait_for("the cursor behind the text", |screen| cursor_is_behind(screen, "> contoso.example"));
    // q is a letter here. Ctrl-C asks, since something was answered, and Esc stays.
    wizard.keys("q");
    wizard.wait_for("a q", |screen| cursor_is_behind(screen, "> contoso.exampleq"));
    wizard.keys(CTRL_C);
    wizard.shows("stay");
    wizard.keys(ESC);
    wizard.hides("stay");
    wizard.keys(CTRL_C);
    wizard.shows("stay");
    wizard.keys(ENTER);
    wizard.end().exits(0).gave_back();
}

/// Whether the terminal's own cursor is seen, right behind these words.
fn cursor_is_behind(screen: &vt100::Screen, words: &str) -> bool {
    let (row, column) = screen.cursor_position();
    let line = screen.rows(0, column).nth(usize::from(row)).unwrap_or_default();
    !screen.hide_cursor() && line.trim_start() == words
}

#[test]
fn what_is_pasted_arrives_whole() {
    let home = tempfile::tempdir().unwrap();
    let mut wizard = Program::crosspull(home.path()).arg("demo").start();
    wizard.shows("All goes well");
    wizard.keys(ENTER);
    wizard.shows("Which company's cluster is it?");
    // Line breaks in it would each be an Enter, were it not for the brackets.
    wizard.keys("\x1b[200~ contoso.\r\nexample \x1b[201~");
    wizard.wait_for("the text in one line", |screen| cursor_is_behind(screen, "> contoso.example"));
    wizard.keys(&CTRL_C.repeat(2));
    wizard.end().exits(0).gave_back();
}

#[test]
fn a_screen_that_is_too_small_says_so_and_comes_back() {
    let home = tempfile::tempdir().unwrap();
    let mut wizard = Program::crosspull(home.path()).arg("demo").start();
    wizard.shows("All goes well");
    wizard.resize(20, 5);
    wizard.wait_for("a word on the size", |screen| {
        let text = screen.contents();
        text.contains("crosspull needs") && !text.contains("All goes well")
    });
    // Nothing is done behind it: what cannot be seen is not chosen.
    wizard.keys(DOWN);
    wizard.resize(1, 1);
    wizard.wait_for("one letter", |screen| screen.contents().trim().chars().count() == 1);
    wizard.resize(100, 30);
    wizard.shows("> All goes well");
    wizard.keys("q");
    wizard.end().exits(0).gave_back();
}

#[test]
fn a_tiny_terminal_can_be_left_and_asked_for_help() {
    let home = tempfile::tempdir().unwrap();
    let mut wizard = Program::crosspull(home.path()).size(4, 2).start();
    wizard.shows("cros");
    wizard.keys(F1);
    wizard.keys(CTRL_C);
    wizard.end().exits(0).gave_back();
}
