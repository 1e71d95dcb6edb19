//! Stopped at every record and around every request, up to three times in a row, with reads that lag.
