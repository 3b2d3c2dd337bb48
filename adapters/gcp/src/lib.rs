//! Google Cloud: documents on Firestore, messages on Pub/Sub, secrets in Secret Manager.
