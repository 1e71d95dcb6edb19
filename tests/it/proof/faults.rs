//! Every fault on the wire, for every operation, and other people's changes meanwhile: a run ends as if nothing had
//! happened, or says what stood in its way; and once that is gone, a resume brings it to its end, with nothing lost, doubled
//! or taken from anybody.

mod bench;
mod found;
mod hands;
mod keys;
mod operation;
mod wire;
