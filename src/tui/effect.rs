//! All that the wizard wants done. Nothing here is done by the one who decides it.

use url::Url;

use crate::{
    domain::{Answers, AppId, Draft, KeyId, Plan, PlanHash, SetupId, StepId, Tenant, answers::SignIn},
    engine::Command,
    secret::Secret,
    session::{At, Query, Ticket},
    tui::model::Which,
};

/// One thing to be done, off the wizard's own task.
#[derive(Debug)]
pub enum Effect {
    /// Start the world of a demo's scenario.
    StartWorld(String),
    /// List the setups and drafts.
    ListSetups,
    /// Find accounts that are at hand.
    Detect,
    /// Find the tenant that a text names.
    Resolve(Ticket, String),
    /// Sign in to a tenant.
    SignIn {
        /// For the answer.
        ticket: Ticket,
        /// Which tenant.
        tenant: Tenant,
        /// How.
        sign_in: SignIn,
        /// What is wanted there, where it is known: the Azure CLI chooses its account by it.
        resource: Option<crate::domain::ResourceId>,
    },
    /// Ask the directory of another tenant for a tenant's name.
    NameTenant {
        /// For the answer.
        ticket: Ticket,
        /// Which tenant.
        tenant: Tenant,
        /// Who asks.
        asked_by: At,
    },
    /// Fill a picker.
    Look(Ticket, Query),
    /// Make a plan.
    Plan(Ticket, SetupId, Box<Answers>),
    /// Open a new setup for the plan that was confirmed, and run it.
    Begin(Box<Answers>, PlanHash),
    /// Open a setup again, and run it.
    Resume(String),
    /// Close the setup whose run is over, so that another may be opened.
    CloseRun,
    /// Tell the engine.
    Engine(Command),
    /// Sign in as somebody else on one side, and go on. The run is stopped first.
    SignInAs {
        /// The setup's name.
        name: String,
        /// Which side.
        side: Which,
        /// How.
        sign_in: SignIn,
    },
    /// Keep the answers so far.
    SaveDraft(Box<Draft>),
    /// Remove a draft.
    RemoveDraft(SetupId),
    /// Remove a setup's records from this machine.
    Forget(SetupId),
    /// Put a text on the clipboard.
    Copy {
        /// What it is, in words.
        what: &'static str,
        /// The text.
        text: String,
    },
    /// Put a key's text on the clipboard. It counts as given to a person, and that is journalled before.
    CopySecret(KeyId),
    /// Show a key's text once. It counts as given to a person, and that is journalled before.
    Reveal(KeyId),
    /// Do something for a sign-in that waits. Its link and its code are named by its id: nothing here tells them.
    ForSignIn(u64, ForSignIn),
    /// Open a link in the browser.
    Open(Url),
    /// Save the report.
    SaveReport,
    /// Play the other company's admin, in a demo.
    OtherAdmin {
        /// What is waited for.
        step: StepId,
        /// The app.
        app: AppId,
        /// The plan.
        plan: Box<Plan>,
    },
    /// Play the admin who lifts the rules that stand in the way, in a demo.
    LiftPolicies,
    /// Give the terminal back, and sleep until the shell wakes the program.
    Suspend,
    /// Leave, once the run has stopped.
    Quit,
    /// Wipe a secret that was shown.
    Drop(Secret),
}

/// What is done for a sign-in that waits.
#[derive(Debug)]
pub enum ForSignIn {
    /// Open its page in the browser here.
    Open,
    /// Copy its link.
    CopyLink {
        /// The one for a browser on another machine.
        elsewhere: bool,
    },
    /// Copy its code.
    CopyCode,
    /// Bring what its page says.
    Paste(Secret),
    /// End it.
    GiveUp,
}
