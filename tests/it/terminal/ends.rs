//! Every way to the end, and where there is no beginning.

use std::process::{Command, Stdio};

use super::pty::{CTRL_C, ENTER, F1, Program};

#[test]
fn signals_end_it_in_order() {
    let home = tempfile::tempdir().unwrap();
    for name in ["TERM", "HUP", "INT", "QUIT"] {
        let wizard = Program::crosspull(home.path()).arg("--mouse").start();
        wizard.shows("a new setup");
        wizard.signal(name);
        wizard.end().exits(0).gave_back();
    }
}

#[test]
fn signals_end_it_in_the_middle_of_a_question() {
    let home = tempfile::tempdir().unwrap();
    for name in ["TERM", "HUP", "INT", "QUIT"] {
        let mut wizard = Program::crosspull(home.path()).arg("demo").start();
        wizard.shows("All goes well");
        wizard.keys(ENTER);
        wizard.shows("Which company's cluster is it?");
        // Whoever sends a signal has asked already.
        wizard.keys(F1);
        wizard.shows("show every key");
        wizard.signal(name);
        wizard.end().exits(0).gave_back();
    }
}

#[test]
fn ctrl_c_leaves_at_once_where_nothing_would_be_lost() {
    let home = tempfile::tempdir().unwrap();
    let mut wizard = Program::crosspull(home.path()).start();
    wizard.shows("a new setup");
    wizard.keys(CTRL_C);
    wizard.end().exits(0).gave_back();
}

#[test]
fn a_window_that_is_closed_ends_it() {
    let home = tempfile::tempdir().unwrap();
    let wizard = Program::crosspull(home.path()).start();
    wizard.shows("a new setup");
    let status = wizard.hang_up(F1, "show every key");
    assert!(status.signal().is_none(), "{status}");
}

/// The system tells the session's first program alone. Where that one keeps it to itself, the terminal's silence has to do.
#[test]
fn a_window_that_is_closed_without_a_word_ends_it() {
    let home = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_crosspull");
    let wizard = Program::new("/bin/sh", home.path())
        .args(["-c", &format!("trap '' HUP; {program} --data-dir . ; echo $? > code")])
        .start();
    wizard.shows("a new setup");
    wizard.hang_up(F1, "show every key");
    assert_eq!(std::fs::read_to_string(home.path().join("code")).unwrap(), "0\n");
}

/// Output that goes into a pipe, with the keyboard still there.
#[test]
fn without_a_screen_it_says_what_else_there_is() {
    let home = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_crosspull");
    let wizard = Program::new("/bin/sh", home.path())
        .args(["-c", &format!("{{ {program} --data-dir . ; echo code $? >&2; }} | cat")])
        .start();
    let left = wizard.end().says("needs a terminal").says("crosspull apply").says("code 2");
    assert!(!left.raw.contains(&0x1b), "nothing was taken that would have to be given back");
}

#[test]
fn without_any_terminal_it_says_what_else_there_is() {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_crosspull"));
    command.env_clear().env("HOME", home.path()).arg("--data-dir").arg(home.path()).stdin(Stdio::null());
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("needs a terminal") && said.contains("`crosspull apply`"), "{said}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_terminal_that_obeys_nothing_is_none() {
    let home = tempfile::tempdir().unwrap();
    let wizard = Program::crosspull(home.path()).env("TERM", "dumb").start();
    wizard.end().exits(2).says("needs a terminal");
}
