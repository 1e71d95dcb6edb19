//! The screens: for each what it knows, its keys, what they do, and how it looks.

pub mod plan;
pub mod questions;
pub mod run;
pub mod scenarios;
pub mod sign_in;
pub mod start;
pub mod ways;
