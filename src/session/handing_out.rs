//! What is given to a person while a setup is open, or once it has ended.

use super::{Open, Session};
use crate::{
    domain::{ImageReference, KeyId, Side, answers::SignIn, key::Delivery, problem::ProblemKind},
    engine::{Journal, Record, record::Outcome},
    error::Error,
    secret::Secret,
    steps::plan::with_image,
};

impl Session {
    /// A key's text for a person. It is journalled and synced before it is given out, and given by the process that made
    /// it alone.
    pub fn deliver(&self, open: &mut Open, key: KeyId) -> Result<Secret, Error> {
        let gone = "give the secret out: only the run that made it had its text, and that has ended";
        let text = open.steps.text(key).ok_or_else(|| Error::new(ProblemKind::Answers, gone))?;
        let known = open.journal.progress().facts().key(key).and_then(|record| record.delivered);
        if known != Some(Delivery::Person) {
            open.journal.append(Record::Delivered { key, how: Delivery::Person })?;
        }
        Ok(text)
    }

    /// Writes down that another image is pulled for the proof. The setup must not be open, and no image may have been pulled.
    pub fn take_image(&self, name: Option<&str>, image: &ImageReference) -> Result<(), Error> {
        let entry = self.store.find(name)?;
        let mut journal = Journal::open(&entry.folder)?;
        let progress = journal.progress();
        let refuse = |what: &str| Error::new(ProblemKind::Answers, format!("take {image} for {}: {what}", entry.name));
        let (Some(answers), Some(plan)) = (progress.answers().cloned(), progress.plan().cloned()) else {
            return Err(refuse("its journal holds no plan"));
        };
        if progress.closed() == Some(Outcome::TakenBack) || progress.undoing() {
            return Err(refuse("this setup is taken back"));
        }
        if !progress.awaits_its_image() {
            return Err(refuse("the image that was chosen has been pulled already"));
        }
        let only = &answers.registry.repositories;
        if !only.is_empty() && !only.contains(&image.repository) {
            return Err(refuse("the right to pull is limited to other repositories"));
        }
        if answers.registry.image == *image {
            return Ok(());
        }
        // Whoever names another image has seen the plan; nothing else of it changes.
        let confirmed = progress.is_confirmed();
        let plan = with_image(&plan, image);
        journal.append(Record::Answered { answers: Box::new(answers.with_image(image.clone())) })?;
        journal.append(Record::Planned { plan: Box::new(plan.clone()) })?;
        if confirmed {
            journal.append(Record::Confirmed { hash: plan.hash() })?;
        }
        Ok(())
    }

    /// Writes down that somebody else signs in on one side. The setup must not be open.
    pub fn sign_in_as(&self, name: &str, side: Side, sign_in: SignIn) -> Result<(), Error> {
        let entry = self.store.find(Some(name))?;
        let mut journal = Journal::open(&entry.folder)?;
        let missing =
            || Error::new(ProblemKind::Local, format!("change who signs in: the journal of {name} holds no answers"));
        let mut answers = (**journal.progress().answers().ok_or_else(missing)?).clone();
        let kind = sign_in.clone();
        match side {
            Side::Cluster => answers.cluster.sign_in = sign_in,
            Side::Registry if answers.registry.handed_over() => {
                let what = "sign in to a tenant that is handed over: its own admin acts there";
                return Err(Error::new(ProblemKind::Answers, what));
            }
            Side::Registry => answers.registry.sign_in = Some(sign_in),
            Side::Both => return Err(Error::new(ProblemKind::Internal, "sign in to both sides at once")),
        }
        if let Some(plan) = journal.progress().plan() {
            let tenant = if side == Side::Cluster { &plan.cluster_tenant } else { &plan.registry_tenant };
            self.forget_clients(tenant.id, &kind);
        }
        journal.append(Record::Answered { answers: Box::new(answers) })?;
        Ok(())
    }
}
