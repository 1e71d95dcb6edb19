//! Frames on their way to the terminal, each in one piece, and none once the terminal is given back.

use std::{
    io::{self, Write, stdout},
    sync::atomic::Ordering,
};

use super::TAKEN;

/// What a frame takes at most, on most screens.
const FRAME: usize = 64 * 1024;

/// Keeps what is drawn until it is flushed. A panic in another thread gives the terminal back at any moment: what is flushed
/// after that would paint over the shell's screen, and hide its cursor.
pub(super) struct Frames(Vec<u8>);

impl Default for Frames {
    fn default() -> Self {
        Self(Vec::with_capacity(FRAME))
    }
}

impl Frames {
    /// Writes what was kept, if the terminal is still ours.
    fn send(&mut self, to: &mut impl Write) -> io::Result<()> {
        let sent = if TAKEN.load(Ordering::SeqCst) { to.write_all(&self.0).and_then(|()| to.flush()) } else { Ok(()) };
        self.0.clear();
        sent
    }
}

impl Write for Frames {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // Whoever gives the terminal back holds the same lock.
        self.send(&mut stdout().lock())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The only test that takes the terminal, and it takes none.
    #[test]
    fn a_frame_goes_out_once_and_none_after_the_terminal() {
        let (mut frames, mut sent) = (Frames::default(), Vec::new());
        TAKEN.store(true, Ordering::SeqCst);
        frames.write_all(b"one").unwrap();
        frames.send(&mut sent).unwrap();
        TAKEN.store(false, Ordering::SeqCst);
        frames.write_all(b"two").unwrap();
        frames.send(&mut sent).unwrap();
        TAKEN.store(true, Ordering::SeqCst);
        frames.send(&mut sent).unwrap();
        TAKEN.store(false, Ordering::SeqCst);
        assert_eq!(sent, b"one");
    }
}
