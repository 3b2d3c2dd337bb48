//! Secrets: in Secrets Manager, or with the feature `parameter-store` in Systems Manager's Parameter Store.

mod administer;
#[cfg(test)]
mod failures;
mod manager;
#[cfg(feature = "parameter-store")]
mod parameters;

pub use manager::SecretsManager;
#[cfg(feature = "parameter-store")]
pub use parameters::ParameterStore;
