//! `explain` at a terminal: what is pasted is read to its end, and nothing of it is left for the shell.

use super::pty::Program;

#[test]
fn a_paste_with_an_empty_line_in_it_is_read_whole() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Program::crosspull(home.path()).arg("explain").size(80, 50).start();
    terminal.shows("Paste the error");
    terminal.keys("Something failed:\n\n(ScopeLocked) The scope is locked.\n\n");
    terminal.shows("CP-414  A lock forbids changes");
    terminal.end().exits(0);
}

#[test]
fn a_code_is_typed_and_ended_with_an_empty_line() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Program::crosspull(home.path()).arg("explain").size(80, 50).start();
    terminal.shows("Paste the error");
    terminal.keys("cp405\n");
    terminal.keys("\n");
    terminal.shows("CP-405  No right to give roles on the registry");
    terminal.end().exits(0);
}
