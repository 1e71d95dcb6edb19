//! How long a sign-in that waits is let wait, where that has an end.

use std::{collections::HashMap, time::Duration};

use time::OffsetDateTime;
use tokio::sync::watch;

use crate::{
    domain::{Problem, TenantId, problem::ProblemKind},
    engine::wait::now,
    error::Error,
    session::{Desk, Wanted, Way},
};

/// How far from the end of a code another one takes its place.
const RENEWAL: (time::Duration, time::Duration) = (time::Duration::seconds(10), time::Duration::minutes(1));

/// How long a person is given to sign in.
#[derive(Debug, Clone, Default)]
pub struct Patience {
    /// From when they are asked; without it they have all the time there is.
    pub wait: Option<Duration>,
    /// No longer than the first code is good for.
    pub one_code: bool,
    /// The last sign-in that people were told of: before they are, no time of theirs goes by.
    pub told: Option<watch::Receiver<u64>>,
}

/// A sign-in that somebody was asked for.
struct Asked {
    id: u64,
    /// When the code ends.
    ends: Option<OffsetDateTime>,
    until: OffsetDateTime,
}

impl Patience {
    /// Returns once a sign-in has had its time, and says for which tenant.
    pub async fn ends(self, desk: &Desk) -> TenantId {
        if self.wait.is_none() && !self.one_code {
            return std::future::pending().await;
        }
        let mut waiting = desk.waiting();
        let mut told = self.told.clone().unwrap_or_else(|| watch::channel(u64::MAX).1);
        let mut asked: HashMap<TenantId, Asked> = HashMap::new();
        loop {
            // The others are not told before this one is over.
            let last = *told.borrow_and_update();
            let first = waiting.borrow_and_update().first().filter(|wanted| wanted.id <= last).cloned();
            let left = first.and_then(|wanted| {
                let before = asked.remove(&wanted.tenant);
                let until = self.until(&wanted, before.as_ref(), now())?;
                asked.insert(wanted.tenant, Asked { id: wanted.id, ends: end_of_code(&wanted), until });
                Some((wanted.tenant, until))
            });
            let over = async {
                match left {
                    Some((tenant, until)) => {
                        tokio::time::sleep((until - now()).try_into().unwrap_or_default()).await;
                        tenant
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                changed = waiting.changed() => if changed.is_err() {
                    return std::future::pending().await;
                },
                // Whoever tells may be gone before what waits is.
                Ok(()) = told.changed() => {}
                tenant = over => return tenant,
            }
        }
    }

    fn until(&self, wanted: &Wanted, before: Option<&Asked>, now: OffsetDateTime) -> Option<OffsetDateTime> {
        if let Some(before) = before {
            // Another code in the place of one that has ended is still the same wait.
            let renewed = before.ends.is_some_and(|ends| ends - RENEWAL.0 <= now && now <= ends + RENEWAL.1);
            if before.id == wanted.id || renewed {
                return Some(before.until);
            }
        }
        let patient = self.wait.map(|wait| now.saturating_add(wait.try_into().unwrap_or(time::Duration::MAX)));
        let ended = if self.one_code { end_of_code(wanted) } else { None };
        patient.into_iter().chain(ended).min()
    }
}

fn end_of_code(wanted: &Wanted) -> Option<OffsetDateTime> {
    match wanted.way {
        Way::Code { ends, .. } => Some(ends),
        Way::Browser { .. } => None,
    }
}

/// Nobody has signed in to this tenant in the time that there was.
pub(super) fn nobody_came(tenant: &str) -> Error {
    let message = "nobody has signed in for as long as crosspull waits for it";
    let mut problem = Problem::new(ProblemKind::Waiting, format!("sign in to {tenant}"), message, now());
    problem.code = Some("NobodyCame".to_owned());
    problem.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sign_in::Reason;

    const TENANT: TenantId = TenantId(uuid::Uuid::nil());
    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn seconds(seconds: i64) -> OffsetDateTime {
        NOW + time::Duration::seconds(seconds)
    }

    fn code(id: u64, ends: i64) -> Wanted {
        let page = "https://login.example/device".parse().unwrap();
        let way = Way::Code { code: "ABCD1234".to_owned(), page, ends: seconds(ends) };
        Wanted { id, tenant: TENANT, account: None, client: None, reason: Reason::First, way }
    }

    #[test]
    fn one_wait_is_as_long_as_it_was_said_to_be_however_many_codes_come() {
        let patience = Patience { wait: Some(Duration::from_mins(20)), one_code: false, told: None };
        let until = patience.until(&code(1, 900), None, NOW).unwrap();
        assert_eq!(until, seconds(1200));
        let before = Asked { id: 1, ends: Some(seconds(900)), until };
        assert_eq!(patience.until(&code(1, 900), Some(&before), seconds(400)), Some(until));
        assert_eq!(patience.until(&code(2, 1802), Some(&before), seconds(902)), Some(until));
        // What is asked later, once that one is done, has a time of its own.
        assert_eq!(patience.until(&code(3, 1500), Some(&before), seconds(600)), Some(seconds(1800)));
        assert_eq!(patience.until(&code(3, 9000), Some(&before), seconds(8100)), Some(seconds(9300)));
    }

    #[test]
    fn where_it_is_only_read_the_first_code_is_the_last() {
        let patience = Patience { wait: Some(Duration::from_mins(20)), one_code: true, told: None };
        assert_eq!(patience.until(&code(1, 900), None, NOW), Some(seconds(900)));
        let short = Patience { wait: Some(Duration::from_secs(20)), one_code: true, told: None };
        assert_eq!(short.until(&code(1, 900), None, NOW), Some(seconds(20)));
        let long = Patience { wait: Some(Duration::MAX), one_code: false, told: None };
        assert!(long.until(&code(1, 900), None, NOW).is_some());
    }
}
