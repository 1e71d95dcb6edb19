//! A job of a shell: put to sleep and woken, from within and from outside.

use super::pty::{CTRL_Z, DOWN, F1, Program, Pty, signal};

/// A plain shell with job control. It leaves the terminal's modes as it finds them, so that what is seen is our own doing.
fn shell(home: &std::path::Path) -> Pty {
    let mut shell = Program::new("/bin/sh", home).arg("-i").env("PS1", "ready> ").start();
    shell.shows("ready>");
    assert!(shell.is_as_before());
    // The id stands on the shell's own screen before the wizard takes the terminal.
    let program = env!("CARGO_BIN_EXE_crosspull");
    shell.keys(&format!("sh -c 'echo id=$$.; exec {program} --data-dir . demo'\r"));
    shell.shows("All goes well");
    shell
}

fn id(shell: &Pty) -> u32 {
    let raw = String::from_utf8_lossy(&shell.raw()).into_owned();
    let (_, rest) = raw.rsplit_once("id=").expect("its id");
    rest.split('.').next().unwrap().parse().unwrap_or_else(|_| panic!("an id in {raw}"))
}

fn left(mut shell: Pty) {
    shell.keys("q");
    shell
        .wait_for("the shell", |screen| !screen.alternate_screen() && screen.contents().trim_end().ends_with("ready>"));
    shell.keys("echo code=$?\r");
    shell.shows("code=0");
    assert!(shell.is_as_before());
    shell.keys("exit\r");
    shell.end().exits(0).gave_back();
}

fn wait_until_it_sleeps(shell: &Pty) {
    shell.wait_for("the shell", |screen| {
        let text = screen.contents();
        !screen.alternate_screen() && text.contains("Stopped") && text.trim_end().ends_with("ready>")
    });
}

#[test]
fn ctrl_z_goes_back_to_the_shell_and_fg_comes_back() {
    let home = tempfile::tempdir().unwrap();
    let mut shell = shell(home.path());
    for _ in 0..2 {
        shell.keys(DOWN);
        shell.keys(CTRL_Z);
        wait_until_it_sleeps(&shell);
        shell.wait_for("a cursor", |screen| !screen.hide_cursor() && !screen.bracketed_paste());
        assert!(shell.is_as_before());
        shell.keys("clear; fg\r");
        shell.wait_for("the wizard", |screen| screen.alternate_screen() && screen.contents().contains("All goes well"));
        assert!(!shell.is_as_before());
    }
    // It hears keys.
    shell.keys(F1);
    shell.shows("show every key");
    left(shell);
}

#[test]
fn the_signal_that_ctrl_z_is_elsewhere_does_the_same() {
    let home = tempfile::tempdir().unwrap();
    let mut shell = shell(home.path());
    signal(id(&shell), "TSTP");
    wait_until_it_sleeps(&shell);
    assert!(shell.is_as_before());
    shell.keys("fg\r");
    shell.shows("All goes well");
    left(shell);
}

/// Nobody can prepare for this one: the terminal stays as it is, until somebody sets it right, and is taken anew after it.
#[test]
fn stopped_without_a_word_it_takes_the_terminal_anew() {
    let home = tempfile::tempdir().unwrap();
    let mut shell = shell(home.path());
    signal(id(&shell), "STOP");
    shell.shows("ready>");
    // Enter is a line feed, as long as nobody translates it.
    shell.keys("stty sane; clear; echo o\"\"k\n");
    shell.shows("ok");
    shell.keys("fg\r");
    shell.shows("All goes well");
    shell.keys(F1);
    shell.shows("show every key");
    left(shell);
}

#[test]
fn a_sleeping_one_can_be_ended() {
    let home = tempfile::tempdir().unwrap();
    let mut shell = shell(home.path());
    shell.keys(CTRL_Z);
    wait_until_it_sleeps(&shell);
    shell.keys("clear; kill %1; bg; wait; echo ended\"\".\r");
    shell.shows("ended.");
    shell.keys("exit\r");
    shell.end().exits(0).gave_back();
}

/// A shell that runs a script has no prompt to go back to, and waits for the script's programs, not for us alone.
#[test]
fn a_script_around_it_sleeps_with_it() {
    let home = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_crosspull");
    let mut shell = Program::new("/bin/sh", home.path()).arg("-i").env("PS1", "ready> ").start();
    shell.shows("ready>");
    shell.keys(&format!("sh -c '{program} --data-dir . demo; exit $?'\r"));
    shell.shows("All goes well");
    shell.keys(CTRL_Z);
    wait_until_it_sleeps(&shell);
    assert!(shell.is_as_before());
    shell.keys("fg\r");
    shell.shows("All goes well");
    left(shell);
}

/// As in `docker run -it`, `ssh -t host crosspull`, or a window of its own: whoever slept here would never be woken.
#[test]
fn without_a_shell_it_does_not_sleep() {
    let home = tempfile::tempdir().unwrap();
    let mut wizard = Program::crosspull(home.path()).start();
    wizard.shows("a new setup");
    wizard.keys(CTRL_Z);
    wizard.shows("no shell");
    wizard.keys("q");
    wizard.end().exits(0).gave_back();
}
