//! Runs other programs that give tokens, so that they neither take the terminal nor outlive what they were asked for.

use std::{
    ffi::OsStr,
    io,
    path::PathBuf,
    process::{Output, Stdio},
    time::Duration,
};

use azure_identity::Executor;
use tokio::process::{Child, Command};

use crate::secret::{OF_THE_MACHINE, secret_variables};

/// What is said of a program that gave no answer.
pub(super) const TIMED_OUT: &str = "the program timed out: it gave no answer in time";

/// Runs a program without the terminal: it would take the keys that are meant for this one.
#[derive(Debug)]
pub(super) struct Quiet {
    /// Another folder of the Azure CLI's accounts than the usual one.
    pub(super) config_dir: Option<PathBuf>,
    /// After which it is ended.
    pub(super) deadline: Duration,
}

#[async_trait::async_trait]
impl Executor for Quiet {
    async fn run(&self, program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let mut command = Command::new(program);
        command
            .args(args)
            .env("AZURE_CORE_NO_COLOR", "1")
            .env("AZURE_CORE_ONLY_SHOW_ERRORS", "1")
            .env("AZURE_CORE_COLLECT_TELEMETRY", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // The Azure CLI may be signed in as the machine, and asks for its tokens with these.
        for name in secret_variables().iter().filter(|name| !OF_THE_MACHINE.contains(&name.as_str())) {
            command.env_remove(name);
        }
        if let Some(folder) = &self.config_dir {
            command.env("AZURE_CONFIG_DIR", folder);
        }
        let timeout = |_| io::Error::new(io::ErrorKind::TimedOut, TIMED_OUT);
        tokio::time::timeout(self.deadline, run(command)).await.map_err(timeout)?
    }
}

async fn run(mut command: Command) -> io::Result<Output> {
    // What is started is a shell, and what it starts in turn would go on when only the shell is ended.
    #[cfg(unix)]
    command.process_group(0);
    let child = command.spawn()?;
    let group = Group::of(&child);
    let output = child.wait_with_output().await;
    group.ended();
    output
}

/// A program with all that it has started. Dropped before it has ended, all of it is ended.
struct Group(Option<u32>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id())
    }

    fn ended(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.0.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw) {
            // Whoever has ended by itself meanwhile is past ending.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::secret::hide_variable;

    const DEADLINE: Duration = Duration::from_secs(30);

    async fn run(quiet: Quiet, script: &str) -> io::Result<Output> {
        quiet.run(OsStr::new("/bin/sh"), &[OsStr::new("-c"), OsStr::new(script)]).await
    }

    #[tokio::test]
    async fn it_gets_no_keys_and_its_settings() {
        let quiet = Quiet { config_dir: Some("/tmp/accounts".into()), deadline: DEADLINE };
        let output =
            run(quiet, "cat; echo $AZURE_CORE_NO_COLOR $AZURE_CORE_ONLY_SHOW_ERRORS $AZURE_CONFIG_DIR").await.unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "1 1 /tmp/accounts\n");
    }

    #[tokio::test]
    async fn it_inherits_no_secret() {
        // A variable that cargo sets for its tests stands for one that holds a secret.
        hide_variable("CARGO_PKG_NAME");
        let output = run(Quiet { config_dir: None, deadline: DEADLINE }, "/usr/bin/env").await.unwrap();
        let environment = String::from_utf8(output.stdout).unwrap();
        let own = format!("CARGO_PKG_NAME={}", std::env::var("CARGO_PKG_NAME").unwrap());
        assert!(environment.contains("AZURE_CORE_NO_COLOR=1"), "{environment}");
        assert!(!environment.contains(&own), "{environment}");
    }

    #[tokio::test]
    async fn one_that_hangs_is_given_up_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let told = folder.path().join("told");
        // The shell waits for a child of its own, as it does for az; the child keeps a pipe open for as long as it lives.
        let script = format!("mkfifo {0}; sleep 600 >{0} & echo $! >&2; wait", told.display());
        let reader = {
            let told = told.clone();
            tokio::spawn(async move {
                while !told.exists() {
                    tokio::task::yield_now().await;
                }
                tokio::fs::read(told).await
            })
        };
        let quiet = Quiet { config_dir: None, deadline: Duration::from_millis(500) };
        assert_eq!(run(quiet, &script).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        // The pipe ends when the last one that could write to it has ended.
        tokio::time::timeout(Duration::from_mins(1), reader).await.expect("the child to end").unwrap().unwrap();
    }
}
