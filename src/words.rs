//! Sentences that both front ends say: a failure, the message for the other company's admin, what a step came to. Pure
//! functions to text of 80 columns.

mod handover;
pub(crate) mod layout;
mod output;
pub(crate) mod problem;

pub use handover::handover_text;
pub use output::output_words;
pub use problem::{error_text, problem_text};
