//! The real program in a pseudo-terminal, as people see it: what it shows, and how it gives the terminal back.

mod azure;
mod drafts;
mod ends;
mod explain;
mod job;
mod left;
mod looks;
mod panic;
mod pty;
mod resume;
mod screen;
mod secrets;
mod sign_in;
mod whole;
