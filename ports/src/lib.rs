//! What a workload may need, as traits with numbered contracts.
//!
//! | port | trait | typed handles |
//! |---|---|---|
//! | documents | [`documents::Documents`], [`documents::Scan`] | [`handles::Reader`], [`handles::Writer`] |
//! | messages | [`messages::Messages`] | [`handles::Publish`] |
//! | blobs | [`blobs::Blobs`], [`blobs::SignBlobs`] | [`handles::BlobReader`], [`handles::BlobWriter`], [`handles::BlobSigner`] |
//! | secrets | [`secrets::Secrets`] | [`handles::SecretOf`] |
//! | services of others | [`outbound::Outbound`] | [`handles::Api`] |
//! | time, identifiers | [`Clock`], [`Timer`], [`Ids`] | |
//!
//! Built from these alone, and so right on every adapter: [`leases`], [`outbox`], [`inbox`].
//!
//! The clauses in the traits' docs (`DOC-CAS-2`) are the contract. Each is pinned by the one conformance check of that
//! name, which every adapter passes; there are no capability flags. Limits are enforced by the types of the arguments,
//! so that no adapter meets a value outside them.

pub mod blobs;
pub mod call;
mod clock;
mod cursor;
pub mod decorators;
pub mod documents;
mod error;
mod failure;
pub mod handles;
pub mod idempotency;
mod ids;
pub mod inbox;
pub mod leases;
pub mod messages;
mod name;
mod naming;
pub mod outbound;
pub mod outbox;
pub mod resources;
pub mod secrets;
mod timer;

pub use call::CallContext;
pub use clock::{Clock, Timestamp};
pub use cursor::Cursor;
pub use error::{Error, ErrorKind, Result, Retry};
pub use failure::Failure;
pub use ids::Ids;
pub use name::{BucketName, CollectionName, IndexName, NAME_LENGTH, Name, SecretName, ServiceName, TopicName};
pub use naming::Naming;
pub use timer::Timer;
