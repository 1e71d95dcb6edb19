use std::sync::{Arc, Mutex};

use super::*;

const DESKTOP: Place = Place { ssh: false, display: true, terminal: true };

/// A clipboard that others can write to as well.
#[derive(Clone, Default)]
struct Fake(Arc<Mutex<(String, Vec<bool>)>>);

impl Board for Fake {
    fn set(&mut self, text: &str, secret: bool) -> Result<(), String> {
        let mut there = self.0.lock().unwrap();
        there.0 = text.to_owned();
        there.1.push(secret);
        Ok(())
    }

    fn get(&mut self) -> Option<Secret> {
        Some(Secret::new(self.0.lock().unwrap().0.clone()))
    }

    fn clear(&mut self) -> bool {
        self.0.lock().unwrap().0.clear();
        true
    }
}

fn clipboard(place: Place, stays: Duration) -> (Clipboard, mpsc::Receiver<Note>, Fake) {
    let fake = Fake::default();
    let board = fake.clone();
    let (clipboard, notes) = Clipboard::with(place, stays, move || Ok(Box::new(board.clone())));
    (clipboard, notes, fake)
}

fn secret() -> Text {
    Text::Secret(Secret::new("hunter2"))
}

#[tokio::test]
async fn a_secret_is_kept_out_of_the_history_and_cleared_after_its_time() {
    let (clipboard, mut notes, fake) = clipboard(DESKTOP, Duration::from_millis(1));
    assert_eq!(clipboard.copy(secret()).await, Copied::Clipboard { cleared_after: Some(0) });
    assert!(matches!(notes.recv().await, Some(Note::Cleared)));
    assert_eq!(*fake.0.lock().unwrap(), (String::new(), vec![true]));
}

#[tokio::test]
async fn what_somebody_else_copied_since_then_stays() {
    let (clipboard, _notes, fake) = clipboard(DESKTOP, Duration::from_hours(1));
    clipboard.copy(secret()).await;
    fake.0.lock().unwrap().0 = "theirs".to_owned();
    clipboard.close().await;
    assert_eq!(fake.0.lock().unwrap().0, "theirs");
}

#[tokio::test]
async fn no_secret_outlives_the_program_there() {
    let (clipboard, _notes, fake) = clipboard(DESKTOP, Duration::from_hours(1));
    clipboard.copy(secret()).await;
    assert_eq!(fake.0.lock().unwrap().0, "hunter2");
    clipboard.close().await;
    assert_eq!(fake.0.lock().unwrap().0, "");
}

#[tokio::test]
async fn plain_text_is_left_where_it_is() {
    let (clipboard, _notes, fake) = clipboard(DESKTOP, Duration::ZERO);
    assert_eq!(clipboard.copy(Text::Plain("link".into())).await, Copied::Clipboard { cleared_after: None });
    clipboard.close().await;
    assert_eq!(*fake.0.lock().unwrap(), ("link".to_owned(), vec![false]));
}

#[tokio::test]
async fn over_ssh_the_terminal_is_asked() {
    let (clipboard, mut notes, fake) = clipboard(Place { ssh: true, ..DESKTOP }, SECRET_STAYS);
    assert_eq!(clipboard.copy(secret()).await, Copied::Terminal);
    let Some(Note::ToTerminal(sequence)) = notes.recv().await else { panic!("nothing for the terminal") };
    assert_eq!(sequence.expose(), "\x1b]52;c;aHVudGVyMg==\x1b\\");
    assert!(fake.0.lock().unwrap().1.is_empty());
}

#[tokio::test]
async fn where_there_is_nothing_at_all_it_is_said() {
    let (clipboard, _notes, _) = clipboard(Place::default(), SECRET_STAYS);
    assert!(clipboard.copy(secret()).await.failed());
}

#[tokio::test(start_paused = true)]
async fn a_clipboard_that_hangs_is_given_up_and_never_waited_for_again() {
    let (clipboard, _notes) = Clipboard::with(DESKTOP, SECRET_STAYS, || {
        loop {
            std::thread::park();
        }
    });
    assert_eq!(clipboard.copy(secret()).await, Copied::Terminal);
    assert_eq!(clipboard.copy(secret()).await, Copied::Terminal);
}

#[test]
fn nothing_tells_the_text() {
    assert_eq!(format!("{:?}", secret()), "Text(…)");
}
