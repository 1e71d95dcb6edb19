//! What a step is doing, in words.

use crate::engine::event::Doing;

/// The beginning of a sentence that what is waited for ends.
pub fn doing_words(doing: Doing) -> &'static str {
    match doing {
        Doing::Running => "at work",
        Doing::Person => "waits for a person: ",
        Doing::Visibility => "waits for ",
        Doing::Operation => "waits for Azure to finish ",
        Doing::Throttling => "slowed down by Azure: ",
        Doing::Network => "no good answer yet: ",
    }
}
