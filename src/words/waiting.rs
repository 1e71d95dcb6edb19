//! What a step is doing, in words.

use crate::engine::event::Doing;

/// What a step is doing, and for what it waits: a sentence without its capital and its end.
pub fn doing_words(doing: Doing, what: &str) -> String {
    match doing {
        Doing::Running => "at work".to_owned(),
        Doing::Person => format!("waits for a person: {what}"),
        Doing::Visibility => format!("waits for {what}"),
        Doing::Operation => format!("waits for Azure to finish {what}"),
        Doing::Throttling => format!("slowed down by Azure ({what})"),
        Doing::Network => format!("no good answer yet ({what})"),
    }
}
