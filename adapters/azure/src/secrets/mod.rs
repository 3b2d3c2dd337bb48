//! Secrets in Azure Key Vault.

mod administer;
mod credential;
mod settings;
mod value;
mod vault;

pub use credential::StaticToken;
pub use settings::KeyVaultSettings;
pub use vault::KeyVaultSecrets;
