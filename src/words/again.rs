//! Commands that go on with a setup, as a shell takes them: with the options that this crosspull was started with, since the
//! setup may not be found, or its Azure not be reached, without them.

use super::layout::{WIDTH, clean};

/// How this crosspull was started, as far as another one has to be started in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Started {
    options: Vec<(&'static str, Option<String>)>,
    /// For a shared screen: that one lists no setups, so that whoever looks for one in the list starts without it.
    shared: bool,
}

impl Started {
    /// Adds an option, where it was given.
    #[must_use]
    pub fn with(mut self, option: &'static str, value: Option<impl ToString>) -> Self {
        self.options.extend(value.map(|value| (option, Some(value.to_string()))));
        self
    }

    /// Adds an option that has no value, where it was given.
    #[must_use]
    pub fn with_flag(mut self, option: &'static str, given: bool) -> Self {
        self.options.extend(given.then_some((option, None)));
        self
    }

    /// Whether the screen is shared.
    #[must_use]
    pub fn on_a_shared_screen(self, shared: bool) -> Self {
        Self { shared, ..self }
    }

    /// A command on a setup, such as `crosspull show new-shop --data-dir /setups`.
    pub fn command(&self, command: &str, name: &str) -> String {
        self.line(&format!("crosspull {command} {}", shell_word(name)), false)
    }

    /// The command that goes on with a setup; `more` are options of its own, each with a blank before it.
    pub fn resume(&self, name: &str, more: &str) -> String {
        self.line(&format!("crosspull resume {}{more}", shell_word(name)), self.shared)
    }

    /// What stands in a command's place where a screen has no room for its options.
    pub fn in_short(&self, command: &str, name: &str) -> String {
        format!("crosspull {command} {}, with the options of this crosspull", shell_word(name))
    }

    /// The command that opens the wizard with its list.
    pub fn wizard(&self) -> String {
        self.line("crosspull", false)
    }

    /// How one comes back to answers that belong to no setup yet, before the command for it.
    pub fn back_to_answers(&self) -> &'static str {
        if self.shared {
            "Your answers are kept. A list without --shared has them:"
        } else {
            "Your answers are kept. To come back to them:"
        }
    }

    fn line(&self, begin: &str, shared: bool) -> String {
        let shared = if shared { " --shared" } else { "" };
        let options = self.options.iter().map(|(option, value)| match value {
            Some(value) => format!(" {option} {}", shell_word(value)),
            None => format!(" {option}"),
        });
        [begin.to_owned(), shared.to_owned()].into_iter().chain(options).collect()
    }
}

/// What stands on a screen in the place of a command that it has no room for.
pub const PRINTED_LATER: &str = "a command that is too long for this screen; it is printed when crosspull ends.";

/// A value as a shell takes it.
fn shell_word(value: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        value.to_owned()
    } else {
        format!("'{}'", clean(value).replace('\'', r"'\''"))
    }
}

/// A command on a line of its own: indented where it fits, else from the first column. It is never broken.
pub fn own_line(command: &str) -> String {
    let indented = format!("  {command}");
    if indented.chars().count() <= WIDTH { indented } else { command.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_was_started_with_is_said_again_as_a_shell_takes_it() {
        assert_eq!(Started::default().resume("new-shop", " --yes"), "crosspull resume new-shop --yes");
        let started = Started::default()
            .with("--resource-manager", Some("https://localhost:4433/"))
            .with("--client-id", None::<&str>)
            .with("--data-dir", Some("/home/ana/my setups/it's"));
        assert_eq!(
            started.resume("our shop", ""),
            r"crosspull resume 'our shop' --resource-manager https://localhost:4433/ --data-dir '/home/ana/my setups/it'\''s'"
        );
        assert!(started.wizard().starts_with("crosspull --resource-manager"), "{}", started.wizard());
        assert_eq!(shell_word(""), "''");
        let started =
            Started::default().with_flag("--ascii", true).with_flag("--mouse", false).on_a_shared_screen(true);
        assert_eq!(started.resume("shop", ""), "crosspull resume shop --shared --ascii");
        assert_eq!(started.wizard(), "crosspull --ascii", "its list is what one comes back for");
    }

    #[test]
    fn a_long_command_begins_at_the_first_column_and_is_not_broken() {
        assert_eq!(own_line("crosspull resume new-shop"), "  crosspull resume new-shop");
        let long = format!("crosspull resume new-shop --data-dir /{}", "folder/".repeat(12));
        assert_eq!(own_line(&long), long);
    }
}
