//! Where sign-ins wait for a person. A credential puts up what it wants; a front end shows it, and brings what the person
//! gives. Whoever waits for a token waits on, and goes on when it is there.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use time::OffsetDateTime;
use tokio::sync::{mpsc, watch};
use url::Url;

use crate::{
    domain::{TenantId, sign_in::Reason},
    secret::Secret,
};

/// What a sign-in wants of a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Names it for [`Desk::paste`] and [`Desk::give_up`].
    pub id: u64,
    /// The tenant to sign in to.
    pub tenant: TenantId,
    /// Who is expected, where somebody was signed in before.
    pub account: Option<String>,
    /// Why it is wanted.
    pub reason: Reason,
    /// How it is done.
    pub way: Way,
}

impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wanted")
            .field("id", &self.id)
            .field("tenant", &self.tenant)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// How somebody signs in. Nothing of it is printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub enum Way {
    /// On a page.
    Browser {
        /// The address, for a browser on this machine.
        here: Url,
        /// The address, for a browser elsewhere: the one that it ends on is pasted.
        elsewhere: Url,
    },
    /// On a page, with a code.
    Code {
        /// The code to type.
        code: String,
        /// The page.
        page: Url,
        /// When the code ends; another one is put up then.
        ends: OffsetDateTime,
    },
}

/// What came of a paste.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pasted {
    /// It is looked at.
    Taken,
    /// This sign-in takes nothing, or is over.
    NotWanted,
}

/// What a person gives.
pub(super) enum Given {
    /// The address that the browser ended on, or what the page said.
    Text(Secret),
    /// They do not want to sign in.
    GaveUp,
}

/// The sign-ins that wait. Clones are one desk.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

struct Inner {
    open: watch::Sender<Vec<Wanted>>,
    doors: Mutex<HashMap<u64, mpsc::Sender<Given>>>,
    last: AtomicU64,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Desk")
    }
}

impl Default for Desk {
    fn default() -> Self {
        let open = watch::Sender::new(Vec::new());
        Self(Arc::new(Inner { open, doors: Mutex::default(), last: AtomicU64::new(0) }))
    }
}

impl Desk {
    /// What waits, oldest first. As long as somebody holds this, people can be asked.
    pub fn waiting(&self) -> watch::Receiver<Vec<Wanted>> {
        self.0.open.subscribe()
    }

    /// Brings the address that a browser ended on, or the error that its page showed.
    pub fn paste(&self, id: u64, text: Secret) -> Pasted {
        self.give(id, Given::Text(text))
    }

    /// Ends a sign-in that nobody wants.
    pub fn give_up(&self, id: u64) {
        self.give(id, Given::GaveUp);
    }

    fn give(&self, id: u64, given: Given) -> Pasted {
        let door = self.0.doors.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        match door.map(|door| door.try_send(given)) {
            Some(Ok(())) => Pasted::Taken,
            Some(Err(_)) | None => Pasted::NotWanted,
        }
    }

    /// Whether anybody would see what is put up.
    pub(super) fn attended(&self) -> bool {
        self.0.open.receiver_count() > 0
    }

    /// Puts a sign-in up, until the seat is dropped.
    pub(super) fn seat(&self, tenant: TenantId, account: Option<String>, reason: Reason, way: Way) -> Seat {
        let id = self.0.last.fetch_add(1, Ordering::Relaxed) + 1;
        let (door, given) = mpsc::channel(4);
        self.0.doors.lock().unwrap_or_else(PoisonError::into_inner).insert(id, door);
        let wanted = Wanted { id, tenant, account, reason, way };
        self.0.open.send_modify(|open| open.push(wanted));
        Seat { desk: self.clone(), id, given }
    }
}

/// One sign-in that waits.
pub(super) struct Seat {
    desk: Desk,
    id: u64,
    given: mpsc::Receiver<Given>,
}

impl Seat {
    /// What the person gives next.
    pub(super) async fn given(&mut self) -> Given {
        self.given.recv().await.unwrap_or(Given::GaveUp)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.desk.0.doors.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        self.desk.0.open.send_modify(|open| open.retain(|wanted| wanted.id != self.id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way() -> Way {
        let page: Url = "https://login.example/device".parse().unwrap();
        Way::Code { code: "HUNTER2".to_owned(), page, ends: crate::azure::now() }
    }

    #[tokio::test]
    async fn what_waits_is_shown_until_it_is_over() {
        let desk = Desk::default();
        assert!(!desk.attended());
        let waiting = desk.waiting();
        assert!(desk.attended());
        let mut seat = desk.seat(TenantId(uuid::Uuid::nil()), None, Reason::First, way());
        let id = waiting.borrow()[0].id;
        assert_eq!(desk.paste(id, Secret::new("x")), Pasted::Taken);
        assert!(matches!(seat.given().await, Given::Text(text) if text.expose() == "x"));
        desk.give_up(id);
        assert!(matches!(seat.given().await, Given::GaveUp));
        drop(seat);
        assert!(waiting.borrow().is_empty());
        assert_eq!(desk.paste(id, Secret::new("x")), Pasted::NotWanted);
    }

    #[test]
    fn a_code_is_not_printed_by_accident() {
        let desk = Desk::default();
        let _seat = desk.seat(TenantId(uuid::Uuid::nil()), None, Reason::First, way());
        let shown = format!("{:?}", desk.waiting().borrow());
        assert!(!shown.contains("HUNTER2"), "{shown}");
    }
}
