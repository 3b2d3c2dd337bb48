//! What can be set: in `anyport.toml`, and by variables of the environment such as `ANYPORT_SERVER__ADDRESS`.

use std::path::PathBuf;

use anyport_runtimes::logs::LogSettings;
use anyport_runtimes::server::ServerSettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An adapter that is compiled in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Adapter {
    /// One file and two folders, shared by any number of processes of this machine.
    #[cfg(feature = "sqlite")]
    #[default]
    Sqlite,
    /// This process's memory: gone when it ends.
    #[cfg(feature = "memory")]
    #[cfg_attr(not(feature = "sqlite"), default)]
    Memory,
}

/// The settings of the storefront.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Who keeps documents.
    pub(crate) documents: Adapter,
    /// Who carries messages.
    pub(crate) messages: Adapter,
    /// Who keeps blobs, and signs URLs to them.
    pub(crate) blobs: Adapter,
    /// Who keeps secrets.
    pub(crate) secrets: Adapter,
    /// The folder that the embedded store keeps everything in.
    pub(crate) data: PathBuf,
    /// What signed URLs begin with, where the server is reached from outside: `https://shop.example.com`. Default: the
    /// address that it listens on.
    pub(crate) public_url: Option<String>,
    /// How unpaid orders expire.
    pub(crate) expiry: ExpirySettings,
    /// How the server runs.
    pub(crate) server: ServerSettings,
    /// How it logs.
    pub(crate) log: LogSettings,
}

/// How unpaid orders expire.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ExpirySettings {
    /// When the storefront looks for orders that were not paid in time: a cron pattern in UTC, of five fields, or six
    /// with seconds in front. Default `0 3 * * *`: nightly.
    pub(crate) schedule: String,
}

impl Default for ExpirySettings {
    fn default() -> Self {
        Self { schedule: app::EXPIRY_SCHEDULE.to_owned() }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let adapter = Adapter::default();
        Self {
            documents: adapter,
            messages: adapter,
            blobs: adapter,
            secrets: adapter,
            data: PathBuf::from("data"),
            public_url: None,
            expiry: ExpirySettings::default(),
            server: ServerSettings::default(),
            log: LogSettings::default(),
        }
    }
}

impl Settings {
    /// What signed URLs begin with.
    pub(crate) fn public_url(&self) -> String {
        let address = self.server.address;
        let of_address = || {
            let host = if address.ip().is_unspecified() { "localhost".to_owned() } else { address.ip().to_string() };
            let host = if host.contains(':') { format!("[{host}]") } else { host };
            format!("http://{host}:{}", address.port())
        };
        self.public_url.clone().unwrap_or_else(of_address)
    }
}
