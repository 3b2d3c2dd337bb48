//! Runs the suite as tests.
