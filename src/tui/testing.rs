//! For tests of screens.
