//! The wizard: a full-screen front end on the session.
//!
//! One trip: a key becomes a meaning (`keymap`), a meaning changes the model and asks for effects (`update`, pure), effects
//! are carried out off this task (`effects`) and come back as messages, and once the queue is empty the model is drawn
//! (`view`), if anything changed. Nothing is drawn while nothing moves.

pub mod browser;
pub mod canvas;
pub mod clipboard;
pub mod effect;
mod effects;
pub mod keymap;
pub mod look;
pub mod model;
pub mod msg;
mod run;
pub mod screens;
pub mod terminal;
pub mod time;
pub mod training;
pub mod trouble;
pub mod update;
pub mod view;
pub mod widgets;

#[cfg(test)]
mod testing;

pub use run::{Front, Left, run};
