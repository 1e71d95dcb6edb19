//! The session: all that a front end talks to. It has the clients, resolves tenants, makes plans, keeps the setups, and runs
//! the engine.

mod account;
mod clouds;
mod connect;
mod detect;
mod drafts;
mod given;
mod handing_out;
mod lookup;
mod resolve;
mod store;
mod texts;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use tokio::sync::{mpsc, watch};
use url::Url;

pub use crate::steps::preflight::Unusable;
pub use account::{Account, At, SignedIn};
pub use connect::{Environment, Refusal};
pub use drafts::Drafts;
pub use given::{lands_on, useful};
pub use lookup::{Query, Row, Rows, Ticket, Value};
pub use resolve::Found;
pub use store::{Entry, Store, left_behind};
pub use texts::Keep;

pub use crate::azure::{
    Outcome, RequestRecord,
    sign_in::{Desk, Pasted, Wanted, Way, names_an_error},
};
use crate::{
    azure::{Http, HttpOptions, RequestLog, metadata},
    domain::{Answers, AppId, Cloud, Looking, Plan, SetupId, cloud::KnownCloud, problem::ProblemKind},
    engine::{
        Command, Events, Journal, Pace, Record,
        event::Ended,
        run::{Mode, run},
        undo::undo,
    },
    error::Error,
    secret::hide_variable,
    steps::{self, Steps, plan::NoPlan},
};

/// Which cloud to talk to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloudChoice {
    /// One that is known by name.
    Known(KnownCloud),
    /// One whose endpoints Resource Manager tells, as the Azure CLI discovers them.
    Custom(Url),
}

/// What a session is opened with.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which cloud; `None` takes the one of the setup that is resumed, else the public one.
    pub cloud: Option<CloudChoice>,
    /// Certificates to trust beside the system's own, in PEM.
    pub ca_pem: Option<Vec<u8>>,
    /// Where setups are kept.
    pub data_dir: PathBuf,
    /// The engine's windows and intervals.
    pub pace: Pace,
    /// Where secrets of service principals are read from.
    pub environment: Environment,
    /// Accounts that are known without asking the Azure CLI: a demo's.
    pub accounts: Vec<Account>,
    /// The public client that people sign in with; the Azure CLI's where none is named.
    pub client_id: Option<AppId>,
}

/// Talks to one cloud, on behalf of one front end.
#[derive(Debug)]
pub struct Session {
    http: Http,
    /// Where sign-ins wait for a person.
    desk: Desk,
    options: Options,
    store: Store,
    drafts: Drafts,
    made: Mutex<account::Made>,
    keeping: texts::Keeping,
}

/// A setup that is open for writing.
#[derive(Debug)]
pub struct Open {
    /// Its journal, held under its lock.
    pub journal: Journal,
    /// Its steps' work, with the clients of both tenants.
    pub steps: Arc<Steps>,
}

impl Session {
    /// Opens a session. Nothing is sent yet.
    pub fn open(options: Options) -> Result<Self, Error> {
        let wire =
            HttpOptions { ca_pem: options.ca_pem.clone(), timeout: options.pace.answer, ..HttpOptions::default() };
        // Nothing is asked for yet: only further certificates that are none can be in the way.
        let http = Http::new(wire).map_err(|error| {
            // Its message is its source's own, which would be said twice.
            Error::new(ProblemKind::Answers, format!("trust what --ca-file names: {}", error.message))
        })?;
        let (store, drafts) = (Store::new(&options.data_dir), Drafts::new(&options.data_dir));
        let (made, keeping) = (Mutex::default(), texts::Keeping::default());
        Ok(Self { http, desk: Desk::default(), options, store, drafts, made, keeping })
    }

    /// The setups of this machine.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The answers so far of setups that have no journal yet.
    pub fn drafts(&self) -> &Drafts {
        &self.drafts
    }

    /// Every request of this session.
    pub fn requests(&self) -> &RequestLog {
        self.http.log()
    }

    /// Where sign-ins wait for a person. A front end that shows them keeps [`Desk::waiting`]: without anybody who listens,
    /// nobody is asked, and the sign-in fails.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// The cloud that was chosen, discovered where it is a custom one.
    pub async fn cloud(&self) -> Result<Arc<Cloud>, Error> {
        let cloud = match &self.options.cloud {
            None => Cloud::known(KnownCloud::default()),
            Some(CloudChoice::Known(known)) => Cloud::known(*known),
            Some(CloudChoice::Custom(url)) => {
                let found = self.patience().read(|| metadata::discover(&self.http, url)).await;
                found.map_err(|error| Error::from(error.problem()))?
            }
        };
        Ok(Arc::new(cloud))
    }

    /// Looks, tells what is found as it is found, and makes the plan of a new setup. Changes nothing, and writes nothing.
    pub async fn plan(
        &self,
        setup: SetupId,
        answers: &Answers,
        told: &watch::Sender<Looking>,
    ) -> Result<(Arc<Steps>, Plan), Refusal> {
        answers.secret_variables().for_each(hide_variable);
        self.expect_keychain().await?;
        let cloud = self.cloud().await?;
        let steps = self.connect(answers, cloud).await?;
        match Box::pin(steps::plan::new(&steps, setup, answers, told)).await {
            Ok(plan) => Ok((Arc::new(self.with_keychain(steps)), plan)),
            Err(NoPlan::Stopped(findings)) => Err(Refusal::Findings(findings)),
            Err(NoPlan::Fault(fault)) => Err(Error::from(fault).into()),
        }
    }

    /// Opens a new setup for a plan that was confirmed.
    pub fn begin(&self, answers: &Answers, plan: &Plan, steps: Arc<Steps>) -> Result<Open, Error> {
        let first = vec![
            Record::Answered { answers: Box::new(answers.clone()) },
            Record::Planned { plan: Box::new(plan.clone()) },
            Record::Confirmed { hash: plan.hash() },
        ];
        let journal = self.store.begin(plan.setup, &answers.name, first)?;
        Ok(Open { journal, steps })
    }

    /// Opens an unfinished setup again: takes its lock, and signs in to both tenants as its answers say.
    pub async fn resume(&self, name: Option<&str>) -> Result<Open, Refusal> {
        let entry = self.store.find(name)?;
        let journal = Journal::open(&entry.folder).map_err(Error::from)?;
        let progress = journal.progress();
        let missing = |what: &str| {
            Error::new(ProblemKind::Local, format!("go on with {}: its journal ends before {what}", entry.name))
        };
        let answers = progress.answers().cloned().ok_or_else(|| missing("the answers"))?;
        answers.secret_variables().for_each(hide_variable);
        let plan = progress.plan().cloned().ok_or_else(|| missing("the plan"))?;
        // Before anything is asked of Azure.
        let keychain = self.keychain_of(progress).await?;
        let cloud = self.cloud_of(&plan).await?;
        let tenants = steps::Tenants { cluster: plan.cluster_tenant.clone(), registry: plan.registry_tenant.clone() };
        let mut steps = self.steps(&answers, cloud, tenants)?;
        if let Some(keychain) = keychain {
            steps = Self::recalling(steps, keychain, progress).await?;
        }
        Ok(Open { journal, steps: Arc::new(steps) })
    }

    /// A setup stays in the cloud that it was planned in.
    async fn cloud_of(&self, plan: &Plan) -> Result<Arc<Cloud>, Error> {
        if self.options.cloud.is_none() {
            return Ok(Arc::new(plan.cloud.clone()));
        }
        let cloud = self.cloud().await?;
        if *cloud == plan.cloud {
            return Ok(cloud);
        }
        let here = format!("{} ({})", cloud.name, cloud.resource_manager);
        let there = format!("{} ({})", plan.cloud.name, plan.cloud.resource_manager);
        let doing = if here == there {
            format!("go on in {here}: its services have other addresses than when this setup was planned")
        } else {
            format!("go on in {here}: this setup was planned in {there}")
        };
        Err(Error::new(ProblemKind::Answers, doing))
    }

    /// Runs the engine until the setup is closed or stopped.
    pub async fn run(
        &self,
        open: &mut Open,
        mode: Mode,
        events: Events,
        commands: mpsc::Receiver<Command>,
    ) -> Result<Ended, Error> {
        let work = Arc::clone(&open.steps);
        Ok(run(&mut open.journal, work, self.options.pace, mode, events, commands).await?)
    }

    /// Takes a setup back, where no other one pulls with what it has.
    pub async fn undo(&self, open: &mut Open, events: Events) -> Result<Ended, Error> {
        self.store.expect_unshared(open.journal.progress())?;
        let work = Arc::clone(&open.steps);
        Ok(undo(&mut open.journal, work, self.options.pace, events).await?)
    }
}
