//! What is asked of every host: tables of requests, and what the answers are held against.

pub(crate) mod keys;
pub(crate) mod requests;
