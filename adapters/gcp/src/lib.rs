//! Google Cloud: documents on Firestore, messages on Pub/Sub, secrets in Secret Manager.

mod access;
mod documents;
#[cfg(test)]
mod double;
mod error;
mod messages;
mod secrets;

pub use access::ServiceSettings;
pub use documents::{
    CompositeIndex, FieldIndex, FieldOverride, FirestoreDocuments, FirestoreIndexes, FirestoreSettings, IndexedField,
    indexes,
};
pub use messages::{FOREIGN_MESSAGE, PubSubMessages};
pub use secrets::SecretManager;
