use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::*;

/// A waiter of a step, with its status to be looked at.
fn waiter() -> (Waiter, watch::Receiver<Statuses>) {
    let (statuses, seen) = watch::channel(Statuses::new());
    let pace = Pace::faster(10_000.0);
    (Waiter::new(Some(StepId::Consent), pace, statuses, CancellationToken::new(), Arc::default()), seen)
}

#[tokio::test]
async fn a_look_that_could_not_be_made_yet_bothers_no_person() {
    let (waiter, seen) = waiter();
    let (looks, doings) = (AtomicUsize::new(0), std::sync::Mutex::new(Vec::new()));
    let waited = waiter.person("an admin", || async {
        doings.lock().unwrap().extend(seen.borrow().get(&StepId::Consent).map(|status| status.doing));
        Ok(match looks.fetch_add(1, Relaxed) {
            0 => Look::TooEarly { what: "the new key to be known".to_owned() },
            1 => Look::not_yet("not there yet"),
            _ => Look::Ready(()),
        })
    });
    waited.await.unwrap();
    assert_eq!(*doings.lock().unwrap(), [Doing::Visibility, Doing::Person]);
}

#[tokio::test]
async fn a_look_that_is_always_too_early_ends_where_azure_is_waited_for() {
    let (waiter, _seen) = waiter();
    let early = || async { Ok::<Look<()>, Fault>(Look::TooEarly { what: "the new key to be known".to_owned() }) };
    let fault = waiter.visible("the key", Duration::from_millis(20), early).await.unwrap_err();
    assert_eq!(fault.problem.tried, "wait for the new key to be known");
}

#[tokio::test]
async fn a_service_that_asks_for_a_longer_pause_than_the_wait_gets_it() {
    let (waiter, _seen) = waiter();
    let looks = AtomicUsize::new(0);
    let throttled = || {
        let problem = crate::domain::Problem::new(
            crate::domain::problem::ProblemKind::Azure,
            "make a key",
            "Too many requests.",
            now(),
        );
        let pause = Some(Duration::from_millis(60));
        Fault { fate: Fate::Throttled, retry_after: pause, ..Fault::rejected(problem) }
    };
    let waited = waiter.visible("the key", Duration::from_millis(20), || async {
        match looks.fetch_add(1, Relaxed) {
            0 => Err(throttled()),
            _ => Ok(Look::Ready(())),
        }
    });
    waited.await.unwrap();
}
