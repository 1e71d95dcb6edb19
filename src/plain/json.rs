//! What happens, as JSON objects: one a line, each with the key `event`. Records, plans and reviews hold no secret by
//! their types.

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    catalogue::{self, Entry},
    domain::{Plan, Problem, StepId},
    engine::{
        Event, Record,
        event::{Ended, Status},
    },
    report::Summary,
};

/// An event.
pub fn event_json(event: &Event) -> Value {
    match event {
        Event::Recorded(entry) => {
            let mut line = json!({ "event": "record", "entry": value(&**entry) });
            match &entry.record {
                Record::Failed { step, problem, .. } => line["catalogue"] = explained(problem, Some(*step)),
                Record::Planned { plan } => line["hash"] = value(&plan.hash()),
                _ => {}
            }
            line
        }
        Event::Looked => json!({ "event": "looked" }),
        Event::PlanChanged(plan) => plan_changed(plan),
        Event::ConfirmNodes(review) => json!({ "event": "confirm-nodes", "review": value(&**review) }),
        Event::Idle(idle) => json!({ "event": "idle", "waits_for": value(idle) }),
        Event::Ended(Ended::Closed(outcome)) => json!({ "event": "ended", "how": "closed", "outcome": value(outcome) }),
        Event::Ended(Ended::Stopped) => json!({ "event": "ended", "how": "stopped" }),
    }
}

fn plan_changed(plan: &Plan) -> Value {
    json!({ "event": "plan-changed", "hash": value(&plan.hash()), "plan": value(plan) })
}

/// What a step is doing now.
pub(super) fn status_json(step: StepId, status: &Status) -> Value {
    let mut line = json!({ "event": "status", "step": value(&step) });
    if let (Value::Object(line), Value::Object(status)) = (&mut line, value(status)) {
        line.extend(status);
    }
    line
}

/// The setups of this machine, an object each.
pub fn setups_json(setups: &[Summary]) -> Vec<Value> {
    setups.iter().map(value).collect()
}

/// The catalogue's words on a problem; `null` where it has none.
fn explained(problem: &Problem, step: Option<StepId>) -> Value {
    catalogue::explain(problem, step).map_or(Value::Null, entry_json)
}

/// An entry of the catalogue.
pub(super) fn entry_json(entry: &Entry) -> Value {
    json!({
        "code": entry.code,
        "title": entry.title,
        "means": entry.means(&[]),
        "who": entry.who,
        "do": entry.advice(&[]),
        "link": entry.link,
    })
}

/// These types have text keys only, and nothing in them fails to serialise.
fn value(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        engine::{
            event::{Doing, Idle},
            record::Outcome,
        },
        sample,
    };

    #[test]
    fn a_failure_comes_with_its_words() {
        let entry = sample::entries(sample::failed()).pop().unwrap();
        let line = event_json(&Event::Recorded(Arc::new(entry)));
        assert_eq!(line["event"], "record");
        assert_eq!(line["entry"]["record"], "failed");
        assert_eq!(line["entry"]["step"], "registry-role");
        assert_eq!(line["entry"]["problem"]["status"], 403);
        assert_eq!(line["catalogue"]["code"], "CP-405");
    }

    #[test]
    fn a_plan_comes_with_the_hash_that_confirms_it() {
        let plan = sample::plan();
        let entries = sample::entries(sample::confirmed(sample::answers(), &plan));
        let line = event_json(&Event::Recorded(Arc::new(entries[2].clone())));
        assert_eq!(line["hash"], plan.hash().to_string());
        let line = event_json(&Event::PlanChanged(Arc::new(plan.clone())));
        assert_eq!((&line["event"], &line["hash"]), (&json!("plan-changed"), &json!(plan.hash().to_string())));
    }

    #[test]
    fn the_rest_is_small() {
        assert_eq!(event_json(&Event::Idle(Idle::Nodes)), json!({ "event": "idle", "waits_for": "nodes" }));
        assert_eq!(
            event_json(&Event::Ended(Ended::Closed(Outcome::TakenBack))),
            json!({ "event": "ended", "how": "closed", "outcome": "taken-back" })
        );
        assert_eq!(event_json(&Event::Ended(Ended::Stopped)), json!({ "event": "ended", "how": "stopped" }));
        let status = Status {
            doing: Doing::Throttling,
            what: "the list".to_owned(),
            said: None,
            since: sample::BEGIN,
            next_look: None,
        };
        assert_eq!(
            status_json(StepId::CarryOver, &status),
            json!({
                "event": "status", "step": "carry-over", "doing": "throttling", "what": "the list", "said": null,
                "since": "2026-11-23T13:02:11Z", "next_look": null
            })
        );
    }
}
