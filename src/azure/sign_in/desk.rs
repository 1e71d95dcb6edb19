//! Where sign-ins wait for a person. A credential puts up what it wants; a front end shows it, and brings what the person
//! gives. Whoever waits for a token waits on, and goes on when it is there.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use time::OffsetDateTime;
use tokio::sync::{mpsc, watch};
use url::Url;

use super::{names::Names, person::Means};
use crate::{
    domain::{AppId, TenantId, sign_in::Reason},
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
    /// The app that the page names, where it is not the Azure CLI's.
    pub client: Option<AppId>,
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
#[derive(Clone, Default)]
pub struct Desk {
    inner: Arc<Inner>,
    /// What kind of sign-ins come by way of this clone.
    means: Option<Means>,
    client: Option<AppId>,
    names: Names,
}

/// Keeps a desk closed: what waits is given up, and so is what comes.
#[must_use = "the desk is open again once this is dropped"]
pub struct Closed(Desk);

impl Drop for Closed {
    fn drop(&mut self) {
        self.0.inner.closed.send_modify(|closed| *closed -= 1);
    }
}

struct Inner {
    open: watch::Sender<Vec<Wanted>>,
    doors: Mutex<HashMap<u64, mpsc::Sender<Given>>>,
    last: AtomicU64,
    /// How many want it to be closed.
    closed: watch::Sender<usize>,
    /// What is put up is read elsewhere, if at all.
    only_read: AtomicBool,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Desk")
    }
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            open: watch::Sender::new(Vec::new()),
            doors: Mutex::default(),
            last: AtomicU64::new(0),
            closed: watch::Sender::new(0),
            only_read: AtomicBool::new(false),
        }
    }
}

impl Desk {
    /// What waits, oldest first. As long as somebody holds this, people can be asked.
    pub fn waiting(&self) -> watch::Receiver<Vec<Wanted>> {
        self.inner.open.subscribe()
    }

    /// What the tenants are called that people are asked to sign in to.
    pub fn names(&self) -> &Names {
        &self.names
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
        let door = self.inner.doors.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        match door.map(|door| door.try_send(given)) {
            Some(Ok(())) => Pasted::Taken,
            Some(Err(_)) | None => Pasted::NotWanted,
        }
    }

    /// Nobody sits here: what is put up is read elsewhere, in a log. A code is of use there, and a page that comes back to
    /// this machine is not.
    pub fn only_read(&self) {
        self.inner.only_read.store(true, Ordering::Relaxed);
    }

    /// Gives up all that waits, and whatever comes for as long as what this gives is held.
    pub fn close(&self) -> Closed {
        self.inner.closed.send_modify(|closed| *closed += 1);
        Closed(self.clone())
    }

    /// Whether what is put up now would be given up at once.
    pub(super) fn closed(&self) -> bool {
        *self.inner.closed.borrow() > 0
    }

    /// The same desk, for sign-ins of this kind with this app; the Azure CLI's where none is named.
    #[must_use]
    pub fn for_sign_ins(&self, means: Means, client: Option<AppId>) -> Self {
        Self { inner: Arc::clone(&self.inner), means: Some(means), client, names: self.names.clone() }
    }

    /// Whether anybody who could sign in would see what is put up.
    pub(super) fn attended(&self) -> bool {
        let of_use = self.means != Some(Means::Browser) || !self.inner.only_read.load(Ordering::Relaxed);
        of_use && self.inner.open.receiver_count() > 0
    }

    /// Puts a sign-in up, until the seat is dropped.
    pub(super) fn seat(&self, tenant: TenantId, account: Option<String>, reason: Reason, way: Way) -> Seat {
        let id = self.inner.last.fetch_add(1, Ordering::Relaxed) + 1;
        let (door, given) = mpsc::channel(4);
        self.inner.doors.lock().unwrap_or_else(PoisonError::into_inner).insert(id, door);
        let wanted = Wanted { id, tenant, account, client: self.client, reason, way };
        self.inner.open.send_modify(|open| open.push(wanted));
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
        let mut closed = self.desk.inner.closed.subscribe();
        tokio::select! {
            biased;
            _ = closed.wait_for(|closed| *closed > 0) => Given::GaveUp,
            given = self.given.recv() => given.unwrap_or(Given::GaveUp),
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.desk.inner.doors.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        self.desk.inner.open.send_modify(|open| open.retain(|wanted| wanted.id != self.id));
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

    #[tokio::test]
    async fn a_closed_desk_gives_up_what_waits_and_what_comes_until_it_opens_again() {
        let desk = Desk::default();
        let put_up = || desk.seat(TenantId(uuid::Uuid::nil()), None, Reason::First, way());
        let mut before = put_up();
        let (first, second) = (desk.close(), desk.clone().close());
        assert!(matches!(before.given().await, Given::GaveUp));
        drop(first);
        assert!(matches!(put_up().given().await, Given::GaveUp));
        drop(second);
        let mut after = put_up();
        assert_eq!(desk.paste(desk.waiting().borrow()[1].id, Secret::new("x")), Pasted::Taken);
        assert!(matches!(after.given().await, Given::Text(_)));
    }

    #[test]
    fn where_what_is_put_up_is_only_read_a_code_can_be_typed_and_no_page_can_come_back() {
        let desk = Desk::default();
        let _waiting = desk.waiting();
        let [page, code] = [Means::Browser, Means::DeviceCode].map(|means| desk.for_sign_ins(means, None));
        assert!(page.attended() && code.attended());
        desk.only_read();
        assert!(!page.attended() && code.attended());
    }

    #[test]
    fn a_code_is_not_printed_by_accident() {
        let desk = Desk::default();
        let _seat = desk.seat(TenantId(uuid::Uuid::nil()), None, Reason::First, way());
        let shown = format!("{:?}", desk.waiting().borrow());
        assert!(!shown.contains("HUNTER2"), "{shown}");
    }
}
