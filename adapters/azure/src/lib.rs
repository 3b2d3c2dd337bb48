//! Microsoft Azure: documents on Cosmos DB, messages on Storage Queue, secrets in Key Vault.

mod call;
mod credential;
mod documents;
#[cfg(test)]
mod double;
mod error;
mod messages;
mod secrets;

pub use documents::{CosmosDocuments, CosmosSettings};
pub use messages::{FOREIGN_MESSAGE, QueueMessages, QueueSettings};
pub use secrets::{KeyVaultSecrets, KeyVaultSettings, StaticToken};
