//! Microsoft Azure: documents on Cosmos DB, messages on Storage Queue, secrets in Key Vault.

mod credential;
mod documents;

pub use documents::{CosmosDocuments, CosmosSettings};
