//! Every fault on the wire, for every operation, and other people's changes meanwhile.
