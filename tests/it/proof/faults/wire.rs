//! Every fault, for every operation that a setup sends.

use std::collections::BTreeMap;

use crosspull::sim::{Action, Rule, faults::StatusFault, faults::counts};
use futures::{StreamExt as _, stream};

use super::bench::{Bench, HASTY, PACE, Way};
use crate::proof::{Proof, Size};

/// Cases at a time: most of each is waiting.
pub(super) const SIDE_BY_SIDE: usize = 8;

/// What befalls a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Refused,
    CutBefore,
    CutAfter,
    CutInBody,
    Slow,
    SlowAfter,
    Throttled,
    ThrottledFor,
    Status(u16),
    StatusAfter(u16),
    PageInstead,
    PageAfter,
    PageOfGateway,
    HalfJson,
    Empty,
    TokenExpired,
    TokenRevoked,
    Forbidden,
    NotThere,
    Conflict,
}

impl Kind {
    const ALL: [Self; 28] = [
        Self::Refused,
        Self::CutBefore,
        Self::CutAfter,
        Self::CutInBody,
        Self::Slow,
        Self::SlowAfter,
        Self::Throttled,
        Self::ThrottledFor,
        Self::Status(408),
        Self::Status(500),
        Self::Status(502),
        Self::Status(503),
        Self::Status(504),
        Self::StatusAfter(408),
        Self::StatusAfter(500),
        Self::StatusAfter(502),
        Self::StatusAfter(503),
        Self::StatusAfter(504),
        Self::PageInstead,
        Self::PageAfter,
        Self::PageOfGateway,
        Self::HalfJson,
        Self::Empty,
        Self::TokenExpired,
        Self::TokenRevoked,
        Self::Forbidden,
        Self::NotThere,
        Self::Conflict,
    ];

    fn action(self, operation: &str) -> Action {
        let late = u64::try_from(HASTY.as_millis()).unwrap() + 500;
        let login = operation.starts_with("login.");
        let status = |status: u16, code: &str, message: &str| StatusFault {
            status,
            code: Some(code.to_owned()),
            message: Some(message.to_owned()),
            ..StatusFault::default()
        };
        let page = |status: u16| StatusFault {
            status,
            body: Some("<html><title>Web Gateway: please sign in</title></html>".to_owned()),
            content_type: Some("text/html".to_owned()),
            ..StatusFault::default()
        };
        let broken = |number: u16| match number {
            408 => status(408, "RequestTimeout", "The request timed out."),
            502 => status(502, "BadGateway", "Bad gateway."),
            503 => status(503, "ServiceUnavailable", "The service is unavailable."),
            504 => status(504, "GatewayTimeout", "The gateway did not get a response in time."),
            number => status(number, "InternalServerError", "The server encountered an internal error."),
        };
        let throttled = status(429, "TooManyRequests", "Too many requests.");
        Action::Status(match self {
            Self::Refused => return Action::Refuse { times_more: 2 },
            Self::CutBefore => return Action::DropBefore,
            Self::CutAfter => return Action::DropAfter,
            Self::CutInBody => return Action::TruncateBody,
            Self::Slow => return Action::Delay { delay_ms: late },
            Self::SlowAfter => return Action::DelayAfter { delay_ms: late },
            Self::HalfJson => return Action::HalfBody,
            Self::Empty => return Action::EmptyBody,
            Self::StatusAfter(number) => return Action::StatusAfter(broken(number)),
            Self::PageAfter => return Action::StatusAfter(page(200)),
            Self::Throttled => throttled,
            Self::ThrottledFor => StatusFault { retry_after: Some("1".to_owned()), ..throttled },
            Self::Status(number) => broken(number),
            Self::PageInstead => page(200),
            Self::PageOfGateway => page(502),
            Self::TokenExpired if login => {
                status(401, "invalid_client", "AADSTS7000222: The provided client secret keys are expired.")
            }
            Self::TokenExpired => status(
                401,
                "ExpiredAuthenticationToken",
                "The access token expiry UTC time is earlier than current UTC time.",
            ),
            Self::TokenRevoked if login => {
                status(400, "invalid_grant", "AADSTS50173: The provided grant has expired due to it being revoked.")
            }
            Self::TokenRevoked => status(401, "InvalidAuthenticationToken", "The access token has been revoked."),
            Self::Forbidden if login => {
                status(400, "access_denied", "AADSTS53003: Access has been blocked by Conditional Access policies.")
            }
            Self::Forbidden => {
                status(403, "AuthorizationFailed", "The client does not have authorization to perform the action.")
            }
            Self::NotThere if login => {
                status(400, "unauthorized_client", "AADSTS700016: Application was not found in the directory.")
            }
            Self::NotThere if operation.starts_with("graph.") => status(
                404,
                "Request_ResourceNotFound",
                "Resource does not exist or one of its queried reference-property objects are not present.",
            ),
            Self::NotThere => status(404, "ResourceNotFound", "The Resource was not found."),
            Self::Conflict => status(409, "Conflict", "The request conflicts with another one."),
        })
    }

    fn is_slow(self) -> bool {
        matches!(self, Self::Slow | Self::SlowAfter)
    }
}

/// One fault.
#[derive(Debug, Clone)]
struct Fault {
    way: Way,
    operation: &'static str,
    kind: Kind,
    nth: u32,
    times: u32,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let times = if self.times == u32::MAX { "for good".to_owned() } else { self.times.to_string() };
        write!(f, "{:?} {} {:?} nth {} times {times}", self.way, self.operation, self.kind, self.nth)
    }
}

/// What a run without a fault sends, with how often: whatever is added to a setup joins by itself.
async fn sent(proof: &Proof, way: Way) -> BTreeMap<&'static str, u32> {
    let mut found = BTreeMap::new();
    let counted = &mut found;
    let clean = async move {
        let bench = Bench::new(way).await;
        bench.finish().await;
        let all = bench.world.sim.requests();
        counted.extend(counts(all.iter().map(|one| one.operation)));
    };
    proof.case(format!("{way:?} without a fault"), clean).await;
    found
}

async fn suffers(fault: Fault) {
    let mut bench = Bench::new(fault.way).await;
    if fault.kind.is_slow() {
        bench.pace.answer = HASTY;
    }
    let rule = Rule::new(fault.operation, fault.kind.action(fault.operation)).nth(fault.nth).times(fault.times);
    bench.world.sim.faults().add(rule);
    let mut came = bench.run().await;
    bench.hold(&came);
    if fault.times == u32::MAX && !came.connected() {
        // Taken up again while nothing has changed.
        came = bench.run().await;
        bench.hold(&came);
    }
    if came.connected() {
        return bench.whole();
    }
    bench.world.sim.faults().clear();
    bench.pace = PACE;
    bench.finish().await;
}

/// Numbers that differ from seed to seed.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 1).unwrap_or_default() % bound
    }
}

fn chosen(operations: &BTreeMap<&'static str, Vec<(Way, u32)>>, seed: u64, kinds_each: usize) -> Vec<Fault> {
    let mut dice = Dice(seed);
    let first = dice.below(Kind::ALL.len());
    let mut faults = Vec::new();
    for (place, (operation, ways)) in operations.iter().enumerate() {
        for turn in 0..kinds_each {
            let kind = Kind::ALL[(first + place + turn) % Kind::ALL.len()];
            let (way, count) = ways[dice.below(ways.len())];
            let nth = 1 + u32::try_from(dice.below(usize::try_from(count).unwrap())).unwrap();
            let times = match dice.below(10) {
                // Each time takes its time.
                _ if kind.is_slow() => 1,
                0..=4 => 1,
                5 | 6 => 2,
                _ => u32::MAX,
            };
            faults.push(Fault { way, operation, kind, nth, times });
        }
    }
    faults
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_may_fail_in_every_way() {
    let proof = Proof::new("faults on the wire");
    let mut operations: BTreeMap<&'static str, Vec<(Way, u32)>> = BTreeMap::new();
    for way in Way::ALL {
        for (operation, count) in self::sent(&proof, way).await {
            operations.entry(operation).or_default().push((way, count));
        }
    }
    for seed in proof.seeds(1, 1) {
        let kinds = if Size::wanted() == Size::Full { Kind::ALL.len() } else { 1 };
        let cases = chosen(&operations, seed, kinds).into_iter();
        let cases = cases.map(|fault| proof.case(fault.to_string(), suffers(fault)));
        stream::iter(cases).buffer_unordered(SIDE_BY_SIDE).collect::<Vec<()>>().await;
    }
    println!("{} operations, {} kinds of faults", operations.len(), Kind::ALL.len());
    proof.end();
}
