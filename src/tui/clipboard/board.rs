//! The system's clipboard.

use crate::secret::Secret;

/// A clipboard.
pub trait Board {
    /// Puts a text there; a secret is kept out of histories where the system can.
    fn set(&mut self, text: &str, secret: bool) -> Result<(), String>;

    /// What is there.
    fn get(&mut self) -> Option<Secret>;

    /// Empties it.
    fn clear(&mut self) -> bool;
}

struct System(arboard::Clipboard);

/// The one of this machine. May hang, where a display is named and nobody answers there.
#[expect(clippy::disallowed_methods, reason = "the one place, on a thread of its own")]
pub(super) fn system() -> Result<Box<dyn Board>, String> {
    let board = arboard::Clipboard::new().map_err(|error| error.to_string())?;
    Ok(Box::new(System(board)))
}

impl Board for System {
    fn set(&mut self, text: &str, secret: bool) -> Result<(), String> {
        let set = self.0.set();
        let set = if secret { without_history(set) } else { set };
        set.text(text.to_owned()).map_err(|error| error.to_string())
    }

    fn get(&mut self) -> Option<Secret> {
        self.0.get_text().ok().map(Secret::new)
    }

    fn clear(&mut self) -> bool {
        self.0.clear().is_ok()
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn without_history(set: arboard::Set<'_>) -> arboard::Set<'_> {
    use arboard::SetExtLinux as _;
    set.exclude_from_history()
}

#[cfg(target_os = "macos")]
fn without_history(set: arboard::Set<'_>) -> arboard::Set<'_> {
    use arboard::SetExtApple as _;
    set.exclude_from_history()
}

#[cfg(windows)]
fn without_history(set: arboard::Set<'_>) -> arboard::Set<'_> {
    use arboard::SetExtWindows as _;
    set.exclude_from_history().exclude_from_cloud().exclude_from_monitoring()
}
