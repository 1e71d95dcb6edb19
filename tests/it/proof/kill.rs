//! The real program, killed at random moments, and on disks and clocks that fail.
