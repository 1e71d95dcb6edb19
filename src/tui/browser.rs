//! Opening a link in the browser of whoever sits here.

use std::{io, sync::Arc, time::Duration};

use url::Url;

/// How long the system may take to hand the link on. Its launchers are tried one after the other.
const DEADLINE: Duration = Duration::from_secs(3);

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
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    /// The terminal is on another machine.
    pub ssh: bool,
    /// There is a display, or a system that needs none.
    pub display: bool,
}

type Launch = Arc<dyn Fn(&str) -> io::Result<()> + Send + Sync>;

/// Hands links to the system.
#[derive(Clone)]
pub struct Browser {
    place: Place,
    launch: Launch,
}

impl Browser {
    /// For the machine that this runs on.
    pub fn of_process() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let windowed = cfg!(any(target_os = "macos", windows)) || set("WSL_DISTRO_NAME");
        let place = Place {
            ssh: set("SSH_CONNECTION") || set("SSH_TTY"),
            display: windowed || set("DISPLAY") || set("WAYLAND_DISPLAY"),
        };
        Self::new(place, Arc::new(launch))
    }

    fn new(place: Place, launch: Launch) -> Self {
        Self { place, launch }
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
        let (launch, link) = (Arc::clone(&self.launch), url.to_string());
        let launching = tokio::task::spawn_blocking(move || launch(&link));
        match tokio::time::timeout(DEADLINE, launching).await {
            Ok(Ok(Ok(()))) => Opened::HandedOver,
            Ok(Ok(Err(_))) => none("No browser could be started"),
            Ok(Err(_)) | Err(_) => none("The browser did not start in time"),
        }
    }
}

/// Links of ours are https; the simulator's pages for people are plain http on this machine.
fn may_open(url: &Url) -> bool {
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && local)
}

/// Detached and silent: a helper that inherits the terminal would paint over it.
#[expect(clippy::disallowed_methods, reason = "the one place")]
fn launch(link: &str) -> io::Result<()> {
    open::that_detached(link)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    async fn opened(place: Place, link: &str, fails: bool) -> (Opened, Vec<String>) {
        let launched = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&launched);
        let browser = Browser::new(
            place,
            Arc::new(move |link| {
                noted.lock().unwrap().push(link.to_owned());
                if fails { Err(io::ErrorKind::NotFound.into()) } else { Ok(()) }
            }),
        );
        let opened = browser.open(&link.parse().unwrap()).await;
        let launched = launched.lock().unwrap().clone();
        (opened, launched)
    }

    const HERE: Place = Place { ssh: false, display: true };

    #[tokio::test]
    async fn a_link_is_handed_on_where_somebody_can_see_the_page() {
        let (came, launched) = opened(HERE, "https://login.example/x", false).await;
        assert_eq!((came, launched.len()), (Opened::HandedOver, 1));
        for place in [Place { ssh: true, ..HERE }, Place { display: false, ..HERE }] {
            let (came, launched) = opened(place, "https://login.example/x", false).await;
            assert!(came.failed() && launched.is_empty(), "{place:?}");
        }
    }

    #[tokio::test]
    async fn nothing_but_web_pages_is_opened() {
        for link in ["file:///etc/passwd", "http://login.example/x", "vscode://x"] {
            assert!(opened(HERE, link, false).await.1.is_empty(), "{link}");
        }
        assert_eq!(opened(HERE, "http://localhost:1/consent", false).await.0, Opened::HandedOver);
    }

    #[tokio::test]
    async fn a_browser_that_does_not_start_is_said() {
        assert!(
            opened(HERE, "https://login.example/x", true).await.0.words().starts_with("No browser could be started")
        );
    }
}
