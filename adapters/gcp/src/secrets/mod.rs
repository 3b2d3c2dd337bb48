//! Secrets in Secret Manager.

mod administer;
mod crc32c;
mod manager;

pub use manager::SecretManager;
