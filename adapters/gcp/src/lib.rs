//! Google Cloud: documents on Firestore, messages on Pub/Sub, secrets in Secret Manager.

mod documents;

pub use documents::{
    CompositeIndex, FieldIndex, FieldOverride, FirestoreDocuments, FirestoreIndexes, FirestoreSettings, IndexedField,
    indexes,
};
