//! The real program in a pseudo-terminal, as people see it: what it shows, and how it gives the terminal back.

pub(crate) mod azure;
mod drafts;
mod ends;
mod explain;
mod job;
pub(crate) mod left;
mod looks;
pub(crate) mod panic;
pub(crate) mod pty;
pub(crate) mod resume;
mod screen;
pub(crate) mod secrets;
mod sign_in;
pub(crate) mod whole;
