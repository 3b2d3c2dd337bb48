//! Secrets in Azure Key Vault.

mod administer;
mod credential;
#[cfg(test)]
mod failures;
mod settings;
mod value;
mod vault;

pub use credential::StaticToken;
pub use settings::KeyVaultSettings;
pub use vault::KeyVaultSecrets;
