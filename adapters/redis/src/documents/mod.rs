//! Documents.

pub(crate) mod collections;
