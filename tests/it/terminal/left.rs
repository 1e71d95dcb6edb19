//! The terminal that a program leaves behind.

use portable_pty::ExitStatus;

/// What a program leaves behind.
pub(crate) struct Left {
    pub(crate) status: ExitStatus,
    pub(crate) raw: Vec<u8>,
    pub(crate) screen: vt100::Screen,
    /// The terminal's modes, and those that it had before.
    pub(crate) modes: String,
    pub(crate) before: String,
}

impl Left {
    #[track_caller]
    pub(crate) fn exits(self, code: u32) -> Self {
        assert_eq!(self.status.exit_code(), code, "{}\n{}", self.status, self.screen.contents());
        assert!(self.status.signal().is_none(), "{}", self.status);
        self
    }

    /// The terminal is as it was before: its modes, the screen with the shell's lines, the cursor, no paste brackets, no
    /// mouse.
    #[track_caller]
    pub(crate) fn gave_back(self) -> Self {
        assert_eq!(self.modes, self.before, "the terminal's modes");
        for (on, off) in
            [("?1049h", "?1049l"), ("?2004h", "?2004l"), ("?2026h", "?2026l"), ("?25l", "?25h"), ("?1000h", "?1000l")]
        {
            let at = |word: &str| last(&self.raw, format!("\x1b[{word}").as_bytes());
            assert!(at(off) > at(on), "{off} after {on}, in {}", readable(&self.raw));
        }
        assert!(last(&self.raw, b"\x1b[?1049h").is_some(), "the terminal was never taken");
        assert!(!self.screen.alternate_screen() && !self.screen.hide_cursor() && !self.screen.bracketed_paste());
        assert_eq!(self.screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        self
    }

    /// Fails the test where the shell's screen does not show these words. Lines are as long as the terminal is wide.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        let text = self.screen.contents();
        assert!(text.contains(words), "{words:?} is missing in\n{text}");
        self
    }
}

/// The last of these bytes, as an error message can show them.
pub(crate) fn readable(raw: &[u8]) -> String {
    raw[raw.len().saturating_sub(2000)..].escape_ascii().to_string()
}

/// Where a sequence was sent for the last time.
pub(crate) fn last(raw: &[u8], wanted: &[u8]) -> Option<usize> {
    raw.windows(wanted.len()).rposition(|window| window == wanted)
}
