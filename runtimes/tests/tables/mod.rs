//! What is put to every host alike.

pub(crate) mod keys;
pub(crate) mod requests;
pub(crate) mod server;
