//! A journal that is cut, changed, foreign or newer: a clean resume or a clear refusal, never a wrong act.
