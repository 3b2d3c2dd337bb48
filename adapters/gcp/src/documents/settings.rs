//! What a user may set, and what the environment says.

use anyport_ports::{Error, Naming, Result};
use serde::Deserialize;

/// The service itself.
const SERVICE: &str = "https://firestore.googleapis.com";

/// The database that a project has without a name.
const DEFAULT_DATABASE: &str = "(default)";

/// How to reach Firestore. Credentials are Google's Application Default Credentials: the file that
/// `GOOGLE_APPLICATION_CREDENTIALS` names, `gcloud auth application-default login`, or the service account of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FirestoreSettings {
    /// The project; `GOOGLE_CLOUD_PROJECT` unless set.
    pub project: Option<String>,
    /// The database within the project; `FIRESTORE_DATABASE` unless set, else `(default)`.
    pub database: Option<String>,
    /// What the id of every collection begins with, so that several environments may share a database: up to 16 of `a-z`,
    /// `0-9` and `-`. Empty unless set.
    pub prefix: String,
    /// The URL of an emulator, as `http://127.0.0.1:8080`; the server that `FIRESTORE_EMULATOR_HOST` names (host and port) unless
    /// set, else the service. No credentials are sent over plain HTTP, but the token that emulators take for their owner's.
    pub endpoint: Option<String>,
}

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// `projects/PROJECT/databases/DATABASE`.
    pub(super) database: String,
    pub(super) naming: Naming,
    pub(super) endpoint: String,
}

impl FirestoreSettings {
    /// Where these settings lead to, what is not set being told by the environment.
    pub(super) fn target(&self, variable: impl Fn(&str) -> Option<String>) -> Result<Target> {
        let or_variable =
            |set: &Option<String>, name: &str| set.clone().or_else(|| variable(name)).filter(|text| !text.is_empty());
        let Some(project) = or_variable(&self.project, "GOOGLE_CLOUD_PROJECT") else {
            let message = "no Google Cloud project is set: set GOOGLE_CLOUD_PROJECT, or `project` in the settings of this adapter";
            return Err(Error::invalid(message));
        };
        let database = or_variable(&self.database, "FIRESTORE_DATABASE").unwrap_or_else(|| DEFAULT_DATABASE.to_owned());
        for part in [&project, &database] {
            if part.contains('/') || !part.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(Error::invalid(format!("{part:?} is no name of a project or a database of Google Cloud")));
            }
        }
        let emulator = || variable("FIRESTORE_EMULATOR_HOST").filter(|host| !host.is_empty());
        let endpoint = match &self.endpoint {
            Some(url) => url.clone(),
            None => emulator().map_or_else(
                || SERVICE.to_owned(),
                |host| if host.contains("://") { host } else { format!("http://{host}") },
            ),
        };
        Ok(Target {
            database: format!("projects/{project}/databases/{database}"),
            naming: Naming::new(self.prefix.clone())?,
            endpoint,
        })
    }
}

impl Target {
    /// Whether it is spoken to without TLS, as an emulator is.
    pub(super) fn is_plain(&self) -> bool {
        self.endpoint.starts_with("http://")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(settings: &FirestoreSettings, environment: &[(&str, &str)]) -> Result<Target> {
        settings
            .target(|name| environment.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn what_is_not_set_is_told_by_the_environment() {
        let environment = [("GOOGLE_CLOUD_PROJECT", "shop"), ("FIRESTORE_EMULATOR_HOST", "127.0.0.1:8080")];
        let told = target(&FirestoreSettings::default(), &environment).unwrap();
        assert_eq!((told.database.as_str(), told.is_plain()), ("projects/shop/databases/(default)", true));
        assert_eq!(told.endpoint, "http://127.0.0.1:8080");

        let set = FirestoreSettings {
            project: Some("other".to_owned()),
            database: Some("orders".to_owned()),
            endpoint: Some(SERVICE.to_owned()),
            ..FirestoreSettings::default()
        };
        let told = target(&set, &environment).unwrap();
        assert_eq!((told.database.as_str(), told.is_plain()), ("projects/other/databases/orders", false));
        assert_eq!(target(&FirestoreSettings::default(), &environment[..1]).unwrap().endpoint, SERVICE);
    }

    #[test]
    fn without_a_project_or_under_a_bad_name_nothing_is_reached() {
        let named =
            |project: &str| FirestoreSettings { project: Some(project.to_owned()), ..FirestoreSettings::default() };
        let error = target(&FirestoreSettings::default(), &[]).unwrap_err();
        assert!(error.to_string().contains("GOOGLE_CLOUD_PROJECT"), "{error}");
        for bad in ["", "a/b", "a b", "a\n"] {
            assert!(target(&named(bad), &[]).is_err(), "{bad:?}");
        }
    }
}
