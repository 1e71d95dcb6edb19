//! Sign-ins that wait for a person while something else waits for them.

use tokio::sync::watch;

use super::{Pasted, Session, Wanted};
use crate::secret::Secret;

impl Session {
    /// The sign-ins that wait for a person, oldest first. A front end that shows them keeps this: without anybody who
    /// listens, nobody is asked, and the sign-in fails.
    pub fn sign_ins(&self) -> watch::Receiver<Vec<Wanted>> {
        self.desk.waiting()
    }

    /// Brings a sign-in what a person has pasted: the address that their browser ended on, or the error that it shows.
    pub fn paste_sign_in(&self, id: u64, text: Secret) -> Pasted {
        self.desk.paste(id, text)
    }

    /// Ends a sign-in that nobody wants to go on with.
    pub fn give_up_sign_in(&self, id: u64) {
        self.desk.give_up(id);
    }
}
