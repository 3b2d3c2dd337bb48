//! The settings of logs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How to log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// In which form.
    pub format: LogFormat,
    /// What to log, as `tracing-subscriber` filters: `info`, `warn,anyport_runtimes=debug`. Default `info`.
    pub filter: String,
    /// Whose fields lines have beside the common ones.
    pub profile: LogProfile,
    /// The project that traces are in, on Google Cloud. Default: what `GOOGLE_CLOUD_PROJECT` says.
    pub google_project: Option<String>,
}

/// The form of the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// For people; in colour on a terminal, unless `NO_COLOR` is set.
    Text,
    /// One object a line.
    Json,
}

/// Whose fields JSON lines have beside the common ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogProfile {
    /// Those of Google Cloud where `K_SERVICE` is set, which Cloud Run does; none elsewhere.
    #[default]
    Auto,
    /// Nobody's.
    Plain,
    /// Those of Google Cloud Logging.
    GoogleCloud,
}

/// That lines have the fields of Google Cloud Logging.
#[derive(Clone, Debug)]
pub(super) struct Google {
    /// The project that traces are in, if it is known.
    pub(super) project: Option<String>,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: LogFormat::Auto, filter: "info".to_owned(), profile: LogProfile::Auto, google_project: None }
    }
}

impl LogSettings {
    /// For whom lines have Google's fields, if they have them.
    pub(super) fn google(&self) -> Option<Google> {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let google = match self.profile {
            LogProfile::Auto => variable("K_SERVICE").is_some(),
            LogProfile::Plain => false,
            LogProfile::GoogleCloud => true,
        };
        google.then(|| Google { project: self.google_project.clone().or_else(|| variable("GOOGLE_CLOUD_PROJECT")) })
    }
}
