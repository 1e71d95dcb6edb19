use super::*;
use crate::{domain::ObjectId, sample};

fn key() -> KeyId {
    KeyId(sample::uuid(1))
}

/// The records of a setup that went well, up to the delivery of its key.
fn sent() -> Vec<Record> {
    let mut records = sample::connected();
    let at = records.iter().position(|record| matches!(record, Record::Delivered { .. })).unwrap();
    records.truncate(at + 1);
    records
}

fn problem() -> Box<Problem> {
    Box::new(sample::problem())
}

fn folded(records: Vec<Record>) -> Result<Progress, IllegalRecord> {
    let mut progress = Progress::default();
    sample::entries(records).iter().try_for_each(|entry| progress.apply(entry))?;
    Ok(progress)
}

fn after(more: impl IntoIterator<Item = Record>) -> Result<Progress, IllegalRecord> {
    folded(sent().into_iter().chain(more).collect())
}

const STEP: StepId = StepId::ClusterUpdate;

fn intent() -> Record {
    sent().into_iter().rev().nth(1).unwrap()
}

fn delivered() -> Record {
    Record::Delivered { key: key(), how: Delivery::Cluster }
}

#[test]
fn a_reset_that_was_refused_leaves_no_delivery_and_no_question() {
    let progress = after([Record::NotTaken { key: key() }, Record::Withdrawn { step: STEP }]).unwrap();
    assert_eq!(progress.facts().delivered_to_cluster().count(), 0);
    assert!(!progress.cluster_touched() && progress.update_ready());
    assert_eq!(progress.stage(STEP), Stage::Due);
    // The next one begins from there.
    let again = [Record::NotTaken { key: key() }, Record::Withdrawn { step: STEP }, intent(), delivered()];
    let progress = after(again).unwrap();
    assert_eq!(progress.facts().delivered_to_cluster().count(), 1);
}

#[test]
fn a_delivery_is_taken_back_only_by_the_attempt_that_made_it() {
    let not_taken = || Record::NotTaken { key: key() };
    let failed = |next| Record::Failed { step: STEP, problem: problem(), next };
    // Another process has taken it up; the attempt has failed; an earlier reset had carried the key.
    for between in [
        vec![Record::TextLost { key: key() }],
        vec![failed(Next::Look)],
        vec![failed(Next::Again), intent(), delivered()],
    ] {
        assert!(after(between.iter().cloned().chain([not_taken()])).is_err(), "{between:?}");
    }
    assert!(after([not_taken(), not_taken()]).is_err());
    assert!(after([Record::Withdrawn { step: STEP }]).is_err(), "the key may have been taken");
    let mut unsent = sent();
    unsent.pop();
    unsent.push(not_taken());
    assert!(folded(unsent).is_err());
}

#[test]
fn another_image_is_taken_until_one_was_pulled() {
    let other = || sample::answers().with_image("shop/web:2".parse().unwrap());
    let answered = |answers| Record::Answered { answers: Box::new(answers) };
    let until = |probe: fn(&Record) -> bool| {
        let mut records = sample::connected();
        let at = records.iter().position(probe).unwrap();
        records.truncate(at + 1);
        records
    };
    let mut begun = until(|record| matches!(record, Record::Intent { step: StepId::Probe, .. }));
    begun.push(answered(other()));
    let progress = folded(begun.clone()).unwrap();
    assert_eq!(progress.answers().unwrap().registry.image.to_string(), "shop/web:2");
    assert!(progress.is_confirmed(), "the plan stands");
    let mut renamed = other();
    renamed.name = "another".to_owned();
    begun.push(answered(renamed));
    assert!(folded(begun).is_err(), "nothing else may change");
    let mut pulled = until(|record| matches!(record, Record::Done { step: StepId::Probe, .. }));
    pulled.push(answered(other()));
    assert!(folded(pulled).is_err());
}

#[test]
fn who_goes_on_with_what_another_began_is_known() {
    let of = |digit, name: &str| Operator { object_id: ObjectId(sample::uuid(digit)), name: name.to_owned() };
    let signs_in = |operator: &Operator| Record::SignedIn { side: Side::Cluster, operator: operator.clone() };
    let (ana, carl) = (of(1, "ana@contoso.example"), of(2, "carl@contoso.example"));
    let progress = after([signs_in(&ana), signs_in(&ana)]).unwrap();
    assert_eq!((progress.operator(Side::Cluster), progress.replaced(Side::Cluster)), (Some(&ana), None));
    let progress = after([signs_in(&ana), signs_in(&carl)]).unwrap();
    assert_eq!((progress.operator(Side::Cluster), progress.replaced(Side::Cluster)), (Some(&carl), Some(&ana)));
    let progress = after([signs_in(&ana), signs_in(&carl), signs_in(&carl)]).unwrap();
    assert_eq!(progress.replaced(Side::Cluster), None, "that was told");
    assert!(after([Record::SignedIn { side: Side::Both, operator: ana }]).is_err());
}

#[test]
fn what_a_person_was_given_meanwhile_stays_given() {
    let person = Record::Delivered { key: key(), how: Delivery::Person };
    let progress = after([person, Record::NotTaken { key: key() }]).unwrap();
    assert_eq!(progress.facts().key(key()).unwrap().delivered, Some(Delivery::Person));
}

#[test]
fn a_reset_that_follows_a_failed_one_is_withdrawn_to_where_that_one_stood() {
    let failed = Record::Failed { step: STEP, problem: problem(), next: Next::Again };
    let progress = after([failed, intent(), delivered(), Record::Withdrawn { step: STEP }]).unwrap();
    assert!(matches!(progress.stage(STEP), Stage::Failed { next: Next::Again, .. }));
    assert_eq!(progress.facts().delivered_to_cluster().count(), 1, "nodes may have it from the first one");
}

#[test]
fn a_step_of_several_requests_that_was_left_is_taken_back_with_the_rest() {
    let intent = |step| Record::Intent { step, key: None, client_before: None };
    let mut records = sample::connected();
    let at = records.iter().position(|record| matches!(record, Record::Intent { .. })).unwrap();
    records.truncate(at);
    records.extend([intent(StepId::Registration), Record::Withdrawn { step: StepId::Registration }]);
    let progress = folded(records).unwrap();
    assert_eq!(progress.stage(StepId::Registration), Stage::Due);
    assert_eq!(progress.effects(), [StepId::Registration]);
    assert!(progress.runnable().contains(&StepId::Registration));
}

#[test]
fn a_step_that_is_taken_up_again_is_open_since_it_was_first_begun() {
    let until = |record: Record| {
        let all = sample::connected();
        let at = all.iter().position(|one| *one == record).unwrap();
        all[..=at].to_vec()
    };
    let begins = Record::Intent { step: StepId::Consent, key: None, client_before: None };
    let mut records = until(begins.clone());
    let first = folded(records.clone()).unwrap().open_since(StepId::Consent);
    assert!(first.is_some());
    records.extend([Record::Withdrawn { step: StepId::Consent }, begins]);
    let progress = folded(records).unwrap();
    assert_eq!(progress.open_since(StepId::Consent), first);
    assert_ne!(progress.begun_at(StepId::Consent), first);
    assert_eq!(folded(sample::connected()).unwrap().open_since(StepId::Consent), None, "it is done");
}
