//! Amazon Web Services.

mod attempts;
mod connection;
mod documents;
mod environment;
mod error;
mod http;
mod settings;

pub use connection::Aws;
pub use documents::DynamoDocuments;
pub use settings::AwsSettings;
