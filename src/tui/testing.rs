//! For tests of screens: a wizard without a session, driven by a script of keys and answered out of one sample setup, and
//! pictures of it with their colours.

mod answers;
mod flow;
mod pictures;
mod properties;
mod scenes;
mod script;
mod sign_ins;
mod snapshots;
mod stops;
