//! Blobs in any cloud, over the `object_store` crate: on Amazon S3 (feature `s3`), Azure Blob Storage (`azure`) and Google
//! Cloud Storage (`gcs`).
//!
//! [`ObjectBlobs`] provides the ports [`Blobs`](anyport_ports::blobs::Blobs) and
//! [`SignBlobs`](anyport_ports::blobs::SignBlobs), and creates buckets for development and tests. What `object_store` does
//! not offer, and what a cloud's dialect is, each provider adds in a module of its own.
//!
//! # Retries and lost answers
//!
//! `object_store`'s own retries are off. A call is tried up to three times, with growing jittered pauses, as long as trying
//! again is harmless: after a refused connection, when the store asks to slow down, and, for reads and what belongs to an
//! upload that is not completed, after a lost answer too. A put or completion whose answer was lost is looked for by an
//! operation id that it left in the object's metadata; if it is not found there the outcome is `Indeterminate`, as it is for
//! deletes and copies.
//!
//! # Foreign objects
//!
//! Objects that others wrote to a bucket are read like any other. Those whose keys are no [`BlobName`], such as the
//! folders that consoles make (`folder/`), are not listed.
//!
//! [`BlobName`]: anyport_ports::blobs::BlobName
#![cfg(any(feature = "s3", feature = "azure", feature = "gcs"))]

mod attempt;
#[cfg(feature = "azure")]
pub mod azure;
mod credentials;
mod fault;
#[cfg(feature = "gcs")]
pub mod gcs;
mod http_client;
mod listing;
mod metadata;
mod objects;
mod provider;
mod requests;
#[cfg(feature = "s3")]
pub mod s3;
mod store;
mod uploads;
#[cfg(any(feature = "s3", feature = "gcs"))]
mod xml_api;

pub use store::ObjectBlobs;
