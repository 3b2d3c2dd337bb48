//! Settings: defaults < `anyport.toml` < environment, typed, and checked whole before anything starts.

mod check;
mod environment;

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format as _, Serialized, Toml};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The file that is read if it is there.
pub const FILE: &str = "anyport.toml";

/// The variable that names another file, which then must be there.
pub const FILE_VARIABLE: &str = "ANYPORT_CONFIG";

/// All that is wrong with the settings. It never shows a value: that may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the settings are wrong:\n- {}", problems.join("\n- "))]
pub struct InvalidSettings {
    /// Each thing that is wrong, in words, with where it was set.
    pub problems: Vec<String>,
}

/// Where settings come from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    file: Option<PathBuf>,
    variables: Vec<(String, String)>,
}

impl Sources {
    /// What this process was started with: the file that [`FILE_VARIABLE`] names, or else [`FILE`] in the working folder
    /// if it is there, and the environment.
    pub fn of_process() -> Self {
        let named = std::env::var_os(FILE_VARIABLE).map(PathBuf::from);
        let file = named.or_else(|| Some(PathBuf::from(FILE)).filter(|file| file.exists()));
        // A variable that is not UTF-8 is told of with what can be read of it.
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        let variables = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
        Self { file, variables }
    }

    /// With this file, which must be there.
    #[must_use]
    pub fn file(mut self, file: impl AsRef<Path>) -> Self {
        self.file = Some(file.as_ref().to_owned());
        self
    }

    /// With this variable; only those that begin with `ANYPORT_` count.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// The settings, or everything that is wrong with them.
    ///
    /// A variable sets the field of its name in lower case, `__` standing between a section and its field:
    /// `ANYPORT_SERVER__ADDRESS` sets `server.address`. A field that has no default must be set; one that is not known is
    /// refused.
    pub fn load<T: DeserializeOwned + JsonSchema>(&self, defaults: &impl Serialize) -> Result<T, InvalidSettings> {
        let schema = check::strict_schema(inlined_schema::<T>());
        let environment = environment::read(&self.variables, &schema);
        let mut problems = Vec::new();

        let base = Figment::from(Serialized::defaults(defaults));
        let mut file = Figment::new();
        if let Some(path) = &self.file {
            // The file is read alone first, so that one that cannot be read does not hide what else is wrong.
            let with_file = Figment::from(Toml::file_exact(path));
            match with_file.extract::<Value>() {
                Ok(_) => file = with_file,
                Err(error) => problems.push(format!("the file {}: {error}", path.display())),
            }
        }
        let variables = Figment::from(Serialized::defaults(&environment.values));
        let merged = base.clone().merge(file.clone()).merge(variables);
        let value = |figment: &Figment| figment.extract::<Value>().unwrap_or_default();

        let check = check::Check {
            schema: &schema,
            defaults: value(&base),
            in_file: value(&file),
            file: self.file.as_deref(),
            environment: &environment,
        };
        let settings = check.typed::<T>(value(&merged), &mut problems);
        match settings {
            Some(settings) if problems.is_empty() => Ok(settings),
            _ => Err(InvalidSettings { problems }),
        }
    }
}

/// The settings that this process was started with; see [`Sources::of_process`] and [`Sources::load`].
pub fn load<T: DeserializeOwned + JsonSchema>(defaults: &impl Serialize) -> Result<T, InvalidSettings> {
    Sources::of_process().load(defaults)
}

fn inlined_schema<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_deserialize().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}
