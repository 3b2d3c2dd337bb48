//! What a user may set.

use serde::Deserialize;

/// How to reach Storage Queue. Everything that is not here follows the variables of Azure's own tools: the account by
/// `AZURE_STORAGE_ACCOUNT`, or all at once by `AZURE_STORAGE_CONNECTION_STRING`; the account's key by `AZURE_STORAGE_KEY`, a
/// shared access signature by `AZURE_STORAGE_SAS_TOKEN`, and with neither the program's identity for Microsoft Entra ID. What
/// has a variable of its own goes before the connection string.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueueSettings {
    /// What the name of every queue begins with, so that several environments may share an account: up to 16 of `a-z`,
    /// `0-9` and `-`. Empty unless set.
    pub prefix: String,
    /// Where the account's queues are, such as `https://shop.queue.core.windows.net`, or `http://127.0.0.1:10001/devstoreaccount1`
    /// for an emulator; by `AZURE_STORAGE_QUEUE_ENDPOINT` unless set, else by the account's name.
    pub endpoint: Option<String>,
}
