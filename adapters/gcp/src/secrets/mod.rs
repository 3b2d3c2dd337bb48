//! Secrets in Secret Manager.

mod administer;
mod crc32c;
#[cfg(test)]
mod failures;
mod manager;

pub use manager::SecretManager;
