//! The wizard's figures beside their goals: how soon it shows, how soon a key does, how still it is, how much it keeps.
//!
//! `cargo bench --bench wizard` measures the program as it is released, in a pseudo-terminal of its own.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark prints, and stops where it cannot go on"
)]

mod bare;
mod figures;
mod keys;
mod program;
mod rest;
mod start;

fn main() {
    if std::env::args().nth(1).as_deref() == Some(bare::ARGUMENT) {
        bare::run().unwrap();
        return;
    }
    // `cargo test --benches` and `--all-targets` come here as well, with a program that nobody is given.
    if cfg!(debug_assertions) {
        println!("not measured: this is a debug build. cargo bench --bench wizard builds the one that counts.");
        return;
    }
    start::measure();
    keys::measure();
    rest::measure();
    figures::load();
}
