//! What became of a request that failed.

use super::{Error, ErrorKind, Safety};

/// What became of a request that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It never reached the service, or was a read: anything may be sent again.
    NeverSent,
    /// The service refused it, and did nothing.
    Rejected,
    /// It may have been carried out: look before sending it again.
    Unknown,
    /// The service refused it for now; it may be sent again after `retry_after`.
    Throttled,
}

impl Error {
    /// What became of the request.
    pub fn fate(&self) -> Fate {
        let open = if self.safety == Safety::Read { Fate::NeverSent } else { Fate::Unknown };
        match self.kind {
            ErrorKind::Connect
            | ErrorKind::Proxy
            | ErrorKind::Tls
            | ErrorKind::ForeignHost
            | ErrorKind::Insecure
            | ErrorKind::SignIn
            | ErrorKind::WrongTenant
            | ErrorKind::Local => Fate::NeverSent,
            ErrorKind::Unanswered => open,
            ErrorKind::Redirected => Fate::Rejected,
            ErrorKind::Service | ErrorKind::NotAzure | ErrorKind::Malformed => match self.status {
                Some(429) => Fate::Throttled,
                // A gateway that says so has not passed the request on; where a second one could do harm that is not
                // relied on.
                Some(503) if self.retry_after.is_some() && self.safety != Safety::Once => Fate::Throttled,
                Some(409) if self.may_be_our_own() => open,
                Some(status) if status == 408 || status >= 500 => open,
                Some(status) if status >= 400 => Fate::Rejected,
                // The service said yes, but in words that could not be read; or nobody said anything.
                _ => open,
            },
        }
    }

    /// A conflict with what an earlier request of ours, thought lost, may have made.
    fn may_be_our_own(&self) -> bool {
        self.safety != Safety::Read && !self.is("MissingSubscriptionRegistration")
    }

    /// Sending the same request again is safe and may help.
    pub fn repeatable(&self) -> bool {
        match self.fate() {
            Fate::Throttled => true,
            Fate::NeverSent | Fate::Unknown => self.transient() && (self.safety != Safety::Once || self.unsent()),
            Fate::Rejected => false,
        }
    }

    fn unsent(&self) -> bool {
        matches!(self.kind, ErrorKind::Connect)
    }

    /// The failure may pass by itself: the network, 408, 429, 5xx. An untrusted certificate does not.
    pub fn transient(&self) -> bool {
        match self.kind {
            ErrorKind::Connect | ErrorKind::Unanswered => true,
            ErrorKind::Service | ErrorKind::NotAzure | ErrorKind::SignIn => {
                matches!(self.status, Some(408 | 429 | 500..=599))
            }
            _ => false,
        }
    }
}
