//! crosspull connects an AKS cluster in one Microsoft Entra tenant to a container registry in another, so that the cluster
//! can pull images across the border between two companies.
//!
//! What people see, and where it comes from:
//!
//! ```text
//!  cluster tenant   Contoso   contoso.example            session: tenants resolved, operators signed in
//!  registry tenant  Fabrikam  fabrikam.example
//!
//!    #  what will happen                tenant    now     steps::plan: made of what steps::look has read
//!    1  register the app "crosspull …"  cluster   create  steps::registration … steps::sweep, one file a step
//!    4  consent                         registry  ask
//!    8  switch shop-prod to the app     cluster   asks you then
//!
//!  WARNING CP-113 The way back is not sure               steps::preflight finds, catalogue has the words
//!
//!  14:02:11  identity  done                              engine: one record, synced, then told
//!  consent   waits for a person since 14:02              engine::wait: what for, since when, next look
//! ```
//!
//! Words used throughout: the **cluster tenant** owns the cluster and is the app's home; the **registry tenant** owns the
//! registry. A **setup** is one connection, with **answers** (what a person chose), **facts** (what Azure answered), a
//! **plan** and a **journal**. A **step** is one unit of work; the **route** says which a setup takes. A **key** is one
//! password credential of the app, known by its id; its text is in memory or nowhere. The **probe** is the pull test with
//! the nodes' own credential. An **operator** is signed in to one tenant; a step that somebody else does is **handed over**.
//!
//! Dependencies run one way, downwards in this list; `tests/it/house.rs` holds it.

// No doc comments on the modules: each has its own, whose links would then be looked for here.

// What each command does.
pub mod program;

// The command line's arguments.
pub mod cli;

// The TOML of a setup.
pub mod setup_file;

// The wizard: a full-screen front end.
pub mod tui;

// The plain front end: a conversation in lines.
pub mod plain;

// What was done, for both companies.
pub mod report;

// All that a front end talks to.
pub mod session;

// The steps' work, preflight and plan.
pub mod steps;

// Carries a plan out so that it can be stopped at any instant and resumed.
pub mod engine;

// Typed calls to Entra, Graph, Resource Manager and registries; each sent once.
pub mod azure;

// The program's error and exit codes.
pub mod error;

// Known failures and findings, with their words.
pub mod catalogue;

// Parsed ids, answers, facts, plan.
pub mod domain;

// A string that cannot be printed or serialised.
pub mod secret;

// The keychain of the operating system, where it is asked for.
pub mod keychain;

// Folders and file modes.
pub mod paths;

// Sentences that both front ends say.
pub mod words;

// The simulator: an embedded Azure.
#[cfg(feature = "sim")]
pub mod sim;

// What fuzzing tries: every reader of outside text.
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;

#[cfg(test)]
mod sample;
