//! Sentences that both front ends say: a failure, the message for the other company's admin, what a step came to. Pure
//! functions to text of 80 columns.

pub mod again;
mod handover;
pub mod layout;
mod nodes;
mod output;
pub(crate) mod problem;
mod sign_in;
mod taken_back;
mod texts;
mod waiting;

pub use handover::handover_text;
pub use nodes::{nodes, replaced, way_back};
pub use output::output_words;
pub use problem::{ProblemWords, error_text, problem_text, problem_words};
pub use sign_in::{other_operator, sign_in_page, sign_in_reason, sign_in_useless};
pub use taken_back::{left_to_others, taken_back};
pub use texts::{text_refused, text_stays};
pub use waiting::doing_words;
