//! The proof: one suite that every adapter passes, and the tools that the suite is built from.
//!
//! A check is a plain async function over a port that returns a verdict, so that it runs as a test, from the command
//! line, and against adapters that are wrong on purpose.

pub mod built;
pub mod check;
pub mod collector;
pub mod embedded;
pub mod endurance;
pub mod faults;
pub mod fingerprint;
pub mod gaps;
pub mod harness;
pub mod hosts;
pub mod identity;
pub mod linearizability;
pub mod mutants;
pub mod reference;
mod registers;
pub mod report;
pub mod run;
pub mod services;
pub mod subject;
pub mod suite;
pub mod time;
pub mod wire;
