//! What a user may set.

use std::path::PathBuf;

use serde::Deserialize;

/// How to reach a vault.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyVaultSettings {
    /// What the name of every secret begins with, so that several environments may share a vault: up to 16 of `a-z`, `0-9`
    /// and `-`. Empty unless set.
    pub prefix: String,
    /// Where the vault is, such as `https://shop.vault.azure.net`; by `AZURE_KEYVAULT_ENDPOINT` unless set. Plain HTTP is
    /// taken for a server on this machine's loopback address only, which then is a fake.
    pub endpoint: Option<String>,
    /// A file with the authorities (PEM) that alone may have signed the server's certificate, which then is a fake: none of
    /// Microsoft's vaults has such a one. By `AZURE_KEYVAULT_CA_FILE` unless set.
    pub ca_file: Option<PathBuf>,
}
