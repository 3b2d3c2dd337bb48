//! Amazon Web Services.

mod attempts;
mod backoff;
mod connection;
mod documents;
#[cfg(test)]
mod double;
mod environment;
mod error;
mod http;
mod messages;
mod secrets;
mod settings;

pub use connection::Aws;
pub use documents::{DynamoChanges, DynamoDocuments};
pub use messages::{FOREIGN_MESSAGE, SqsMessages};
#[cfg(feature = "parameter-store")]
pub use secrets::ParameterStore;
pub use secrets::SecretsManager;
pub use settings::AwsSettings;
