//! What the wizard shows, as lines: for scripts, pipes, screen readers and people who like it plain.
//!
//! Pure functions to text, but for [`conversation`], which asks and waits, [`while_looking`], which waits, and [`out`], which prints. There is no colour
//! and no box, and lines fit 80 columns but for links, ids and commands, which are never broken. Times are UTC.

pub mod conversation;
mod explain;
mod json;
mod looking;
pub mod out;
mod patience;
mod plan;
mod progress;
mod setups;
pub mod sign_in;
pub mod signals;
mod waits;

pub use explain::{codes_json, codes_text, reading_json, reading_text, unknown_text};
pub use json::{event_json, setups_json};
pub use looking::while_looking;
pub use plan::{findings_text, nodes_review_text, plan_text, stops_text};
pub use progress::{WORDS, record_line};
pub use setups::{setups_text, show_text};
pub use waits::Waits;
