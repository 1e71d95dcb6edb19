use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::*;
use crate::domain::facts::Swept;

/// A waiter of a step, with its status to be looked at.
fn waiter() -> (Waiter, watch::Receiver<Statuses>) {
    let (statuses, seen) = watch::channel(Statuses::new());
    let pace = Pace::faster(10_000.0);
    (Waiter::new(Some(StepId::Consent), pace, statuses, CancellationToken::new(), Arc::default()), seen)
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
    let looked = waiter.visible("the key", Duration::from_millis(20), || async {
        match looks.fetch_add(1, Relaxed) {
            0 => Err(throttled()),
            _ => Ok(Look::Ready(())),
        }
    });
    looked.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_late_tells_what_was_there_when_it_was_asked_for() {
    let (mut waiter, _seen) = waiter();
    (waiter.pace.first_look, waiter.pace.slowest_look) = (Duration::from_secs(1), Duration::from_secs(1));
    let window = Duration::from_secs(6);
    let (began, looks) = (Instant::now(), AtomicUsize::new(0));
    let found = waiter.find("what was made", window, || {
        // A replica that shows it right before the window ends.
        let there = began.elapsed() >= Duration::from_secs(5);
        let slow = looks.fetch_add(1, Relaxed) == 4;
        async move {
            if slow {
                tokio::time::sleep(Duration::from_secs(4)).await;
            }
            Ok(if there { Check::There(Output::Sweep(Swept::default())) } else { Check::Absent })
        }
    });
    assert!(found.await.unwrap().is_some(), "five looks, and none at the end of the window");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_looked_for_soon_and_until_the_windows_end() {
    let (mut waiter, _seen) = waiter();
    waiter.pace = Pace::REAL;
    let window = waiter.pace.graph_window;
    let (began, looks) = (Instant::now(), std::sync::Mutex::new(Vec::new()));
    let found = waiter.find("what was made", window, || {
        looks.lock().unwrap().push(began.elapsed());
        async { Ok(Check::Absent) }
    });
    assert!(found.await.unwrap().is_none());
    let looks = looks.into_inner().unwrap();
    assert!(looks[1] <= 2 * waiter.pace.first_look, "the second comes soon: {looks:?}");
    let (before, last) = (looks[looks.len() - 2], looks[looks.len() - 1]);
    assert!(before < window && last >= window && last < window + Duration::from_millis(10), "{looks:?}");
}

#[tokio::test(start_paused = true)]
async fn what_shows_right_before_a_waits_end_is_seen() {
    for answer in [Duration::ZERO, Duration::from_secs(30)] {
        let (mut waiter, _seen) = waiter();
        waiter.pace = Pace::REAL;
        let limit = waiter.pace.graph_window;
        let began = Instant::now();
        let looked = waiter.visible("the app", limit, || {
            let there = began.elapsed() + Duration::from_millis(1) >= limit;
            async move {
                tokio::time::sleep(answer).await;
                Ok(if there { Look::Ready(()) } else { Look::not_yet("not there") })
            }
        });
        looked.await.unwrap();
        let late = waiter.visible("the app", limit, || async { Ok(Look::<()>::not_yet("not there")) });
        assert!(late.await.is_err(), "it ends");
    }
}
