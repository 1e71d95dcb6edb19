//! The check itself.
