//! The steps of the procedure, in the words of the how-to.

pub mod handover;
