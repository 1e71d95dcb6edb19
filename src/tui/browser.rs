//! Opening a link in the browser of whoever sits here.

use std::{
    io,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use tokio::process::Child;
use url::Url;

use crate::secret::secret_variables;

/// How long the system may take to hand the link on. Its launchers are tried one after the other.
const DEADLINE: Duration = Duration::from_secs(3);

/// A launcher that has not failed after this time has taken the link: some stay as long as the browser does.
const FAILS_WITHIN: Duration = Duration::from_millis(250);

/// What came of it. Nobody tells whether a page was really shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// The system took the link.
    HandedOver,
    /// There is no browser here, or it could not be started; why, in words.
    NoBrowser(String),
}

impl Opened {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::HandedOver => "Handed to the browser. If no page shows up, copy the link with c.".to_owned(),
            Self::NoBrowser(why) => format!("{why}. Copy the link with c, and open it where there is a browser."),
        }
    }

    /// Whether nothing will open.
    pub fn failed(&self) -> bool {
        matches!(self, Self::NoBrowser(_))
    }
}

/// What this machine says of browsers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The terminal is on another machine.
    pub ssh: bool,
    /// There is a display, or a system that needs none.
    pub display: bool,
}

impl Place {
    /// Where whoever sits here would see a page that is opened.
    pub const HERE: Self = Self { ssh: false, display: true };

    /// The machine that this runs on.
    pub fn of_process() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let windowed = cfg!(any(target_os = "macos", windows)) || set("WSL_DISTRO_NAME");
        Self {
            ssh: set("SSH_CONNECTION") || set("SSH_TTY"),
            display: windowed || set("DISPLAY") || set("WAYLAND_DISPLAY"),
        }
    }

    /// Whether a page that is opened here is seen.
    pub fn has_browser(self) -> bool {
        self.display && !self.ssh
    }
}

/// The commands that might open a link, the likeliest first.
type Launchers = Arc<dyn Fn(&str) -> Vec<Command> + Send + Sync>;

/// Hands links to the system.
#[derive(Clone)]
pub struct Browser {
    place: Place,
    launchers: Launchers,
    fails_within: Duration,
}

impl Browser {
    /// For the machine that this runs on.
    pub fn of_process() -> Self {
        Self::at(Place::of_process())
    }

    /// For a machine of which this is known.
    pub fn at(place: Place) -> Self {
        Self::new(place, Arc::new(commands))
    }

    fn new(place: Place, launchers: Launchers) -> Self {
        Self { place, launchers, fails_within: FAILS_WITHIN }
    }

    /// Hands a link on.
    pub async fn open(&self, url: &Url) -> Opened {
        let none = |why: &str| Opened::NoBrowser(why.to_owned());
        if !may_open(url) {
            return none("Only links to https pages are opened");
        }
        if self.place.ssh {
            return none("This terminal is on another machine, whose browser you would not see");
        }
        if !self.place.display {
            return none("There is no display here to open a browser on");
        }
        let launching = launch((self.launchers)(url.as_str()), self.fails_within);
        match tokio::time::timeout(DEADLINE, launching).await {
            Ok(Ok(())) => Opened::HandedOver,
            Ok(Err(_)) => none("No browser could be started"),
            Err(_) => none("The browser did not start in time"),
        }
    }
}

/// Links of ours are https; the simulator's pages for people are plain http on this machine.
fn may_open(url: &Url) -> bool {
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && local)
}

#[expect(clippy::disallowed_methods, reason = "the one place")]
fn commands(link: &str) -> Vec<Command> {
    open::commands(link)
}

/// Tries the launchers until one takes the link.
async fn launch(launchers: Vec<Command>, fails_within: Duration) -> io::Result<()> {
    let mut failed = io::Error::from(io::ErrorKind::NotFound);
    for command in launchers {
        match started(command, fails_within).await {
            Ok(()) => return Ok(()),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// Starts one launcher, and waits whether it fails at once.
async fn started(command: Command, fails_within: Duration) -> io::Result<()> {
    let mut child = tokio::process::Command::from(detached(command)).spawn()?;
    let Ok(ended) = tokio::time::timeout(fails_within, child.wait()).await else {
        reap(child);
        return Ok(());
    };
    // On Windows and macOS a browser that shows the page may still report failure; a second one would show it twice.
    let taken = ended?.success() || cfg!(any(windows, target_os = "macos"));
    if taken { Ok(()) } else { Err(io::ErrorKind::Other.into()) }
}

/// Takes note of a launcher's end, whenever that comes.
fn reap(mut child: Child) {
    tokio::spawn(async move {
        // Whatever it says by then, the link is with it.
        let _ = child.wait().await;
    });
}

/// Detached and silent: a helper that inherits the terminal would paint over it, and Ctrl-C here is not meant for it. Nor is
/// it to know any secret.
fn detached(mut command: Command) -> Command {
    for name in secret_variables() {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        command.process_group(0);
    }
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt as _;
        const NEW_PROCESS_GROUP: u32 = 0x0000_0200;
        const NO_WINDOW: u32 = 0x0800_0000;
        command.creation_flags(NEW_PROCESS_GROUP | NO_WINDOW);
    }
    command
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::secret::hide_variable;

    /// A browser that is a command of the shell, and the links that it was asked to open.
    async fn opened(place: Place, link: &str, script: &'static str) -> (Opened, Vec<String>) {
        let launched = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&launched);
        let launchers: Launchers = Arc::new(move |link| {
            noted.lock().unwrap().push(link.to_owned());
            vec![Command::new("no-such-launcher"), shell(script)]
        });
        // However slow the machine is, the shell says how it ended.
        let browser = Browser { fails_within: Duration::from_mins(1), ..Browser::new(place, launchers) };
        let opened = browser.open(&link.parse().unwrap()).await;
        let launched = launched.lock().unwrap().clone();
        (opened, launched)
    }

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    const HERE: Place = Place::HERE;

    #[tokio::test]
    async fn a_link_is_handed_on_where_somebody_can_see_the_page() {
        let (came, launched) = opened(HERE, "https://login.example/x", "exit 0").await;
        assert_eq!((came, launched.len()), (Opened::HandedOver, 1));
        for place in [Place { ssh: true, ..HERE }, Place { display: false, ..HERE }] {
            let (came, launched) = opened(place, "https://login.example/x", "exit 0").await;
            assert!(came.failed() && launched.is_empty(), "{place:?}");
        }
    }

    #[tokio::test]
    async fn nothing_but_web_pages_is_opened() {
        for link in ["file:///etc/passwd", "http://login.example/x", "vscode://x"] {
            assert!(opened(HERE, link, "exit 0").await.1.is_empty(), "{link}");
        }
        assert_eq!(opened(HERE, "http://localhost:1/consent", "exit 0").await.0, Opened::HandedOver);
    }

    #[tokio::test]
    async fn a_browser_that_does_not_start_is_said() {
        let (came, _) = opened(HERE, "https://login.example/x", "exit 3").await;
        assert!(came.words().starts_with("No browser could be started"), "{came:?}");
    }

    #[test]
    fn a_browser_inherits_no_secret() {
        hide_variable("CROSSPULL_TEST_OF_THE_BROWSER");
        // What a launcher is started with is set on its command: setting this process's own would disturb other tests.
        let launcher = |script: &str| {
            let mut command = shell(script);
            command.env("CROSSPULL_TEST_OF_THE_BROWSER", "hunter2").env("CROSSPULL_TEST_OTHER", "seen");
            command
        };
        let script = "test -z \"$CROSSPULL_TEST_OF_THE_BROWSER\" && test \"$CROSSPULL_TEST_OTHER\" = seen";
        assert!(!launcher(script).status().unwrap().success(), "it would be seen");
        assert!(detached(launcher(script)).status().unwrap().success());
    }

    #[cfg(unix)]
    #[test]
    fn a_browser_is_no_part_of_the_terminals_foreground() {
        // There is a group of that number only where it is its own.
        let leads = "kill -s 0 -- -$$ 2>/dev/null";
        assert!(!shell(leads).status().unwrap().success());
        assert!(detached(shell(leads)).status().unwrap().success());
    }
}
