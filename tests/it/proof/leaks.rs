//! Secrets, looked for in all that a run writes, shows or passes on.
