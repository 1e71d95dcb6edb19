//! Secrets, looked for in all that a run writes, shows or passes on, and in its memory.
//!
//! Every secret of a world is known to the simulator. Whatever was written is searched for each of them, in whole and in part,
//! as it is, as an address carries it, as JSON writes it, in base64 at every alignment, in hexadecimal, and in UTF-16.

mod cores;
mod memory;

use std::{future::Future, pin::Pin};

use futures::{StreamExt as _, stream};

use super::{Proof, Size};
use crate::{
    program::secrets::{self, people, quoted},
    terminal,
};

/// So many worlds are there at once.
const SIDE_BY_SIDE: usize = 3;

type Case = (&'static str, Pin<Box<dyn Future<Output = ()>>>);

fn case(label: &'static str, case: impl Future<Output = ()> + 'static) -> Case {
    (label, Box::pin(case))
}

/// At the most verbose level: journal, logs, reports, output, and the arguments and environments of all children.
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_written_shown_or_passed_on() {
    let proof = Proof::new("leaks");
    let mut cases = vec![
        case(
            "a setup that fails, and goes on; one whose app stays; a wrong secret",
            secrets::none_is_written_anywhere(),
        ),
        case("certificate, workload, machine, az", secrets::none_is_written_whoever_vouches()),
        case("a second factor, and sessions that end", people::none_is_written_where_people_are_asked_for_more()),
        case("a code that is typed", people::none_is_written_where_people_type_a_code()),
        case("a refusal that quotes a program", quoted::what_a_refused_program_sent_does_not_come_back()),
        case("a refusal that quotes a person", quoted::what_a_refused_person_sent_does_not_come_back()),
        case("a refusal that quotes a request", quoted::what_a_service_was_sent_does_not_come_back()),
        case("a browser", terminal::secrets::none_is_shown_or_passed_to_a_browser_but_in_the_link()),
    ];
    if Size::wanted() == Size::Full {
        // In the short form they are tests of their own.
        let crash = async { tokio::task::block_in_place(terminal::panic::the_screens_own_task_fails_no_worse) };
        cases.push(case("a crash report", crash));
        cases.push(case("the snapshots", async { crate::leaks::no_snapshot_holds_what_looks_like_a_secret() }));
    }
    stream::iter(cases).for_each_concurrent(SIDE_BY_SIDE, |(label, case)| proof.case(label, case)).await;
    proof.end();
}
