//! The engine: carries a plan out, step by step, so that it can be stopped at any instant and resumed.
//!
//! It knows no HTTP and no Azure. It is generic over one trait, [`Work`], which does the steps' work by [`StepId`], and
//! everything it decides is a function of [`Progress`], the pure fold over the records of the [`Journal`].
//!
//! One task owns journal and progress ([`run`]); a step's future asks it to record and goes on once that is synced.
//!
//! [`StepId`]: crate::domain::StepId

pub mod context;
pub mod drive;
pub mod event;
pub mod journal;
pub mod progress;
pub mod record;
pub mod run;
pub mod undo;
pub mod wait;
pub mod work;

pub use context::StepContext;
pub use event::{Command, Event, Events, Idle};
pub use journal::{Journal, JournalError};
pub use progress::{Progress, Stage};
pub use record::{Entry, Record};
pub use wait::{Pace, Waiter};
pub use work::{Check, Fate, Fault, Work};
