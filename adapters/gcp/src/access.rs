//! How a service of Google Cloud is reached: settings, names, credentials.

use anyport_ports::{Error, ErrorKind, Naming, Result};
use google_cloud_auth::credentials::{Builder, Credentials, anonymous};
use serde::Deserialize;

/// How to reach Pub/Sub or Secret Manager. Credentials are Google's Application Default Credentials: the file that
/// `GOOGLE_APPLICATION_CREDENTIALS` names, `gcloud auth application-default login`, or the service account of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServiceSettings {
    /// The project; `GOOGLE_CLOUD_PROJECT` unless set.
    pub project: Option<String>,
    /// What the name of every topic, subscription and secret begins with, so that several environments may share a project:
    /// up to 16 of `a-z`, `0-9` and `-`. Empty unless set.
    pub prefix: String,
    /// The URL of an emulator, as `http://127.0.0.1:8085`; the server that `PUBSUB_EMULATOR_HOST` or
    /// `SECRET_MANAGER_EMULATOR_HOST` names (host and port) unless set, else the service. Over plain HTTP no credentials
    /// are sent.
    pub endpoint: Option<String>,
}

/// A service: where its emulator is named, and where it is itself.
pub(crate) struct Service {
    pub(crate) emulator: &'static str,
    pub(crate) url: &'static str,
}

/// A service of a project, as one caller reaches it.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) project: String,
    pub(crate) naming: Naming,
    pub(crate) endpoint: String,
    pub(crate) credentials: Credentials,
}

impl Access {
    /// What the settings lead to, what is not set being told by the environment. Nothing is called yet.
    ///
    /// # Errors
    ///
    /// `InvalidInput` without a project or for a bad prefix, `Unauthenticated` where there are no credentials.
    pub(crate) fn find(
        settings: &ServiceSettings,
        service: &Service,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let said =
            |set: Option<&String>, name: &str| set.cloned().or_else(|| variable(name)).filter(|text| !text.is_empty());
        let Some(project) = said(settings.project.as_ref(), "GOOGLE_CLOUD_PROJECT") else {
            let message = "no Google Cloud project is set: set GOOGLE_CLOUD_PROJECT, or `project` in the settings of this adapter";
            return Err(Error::invalid(message));
        };
        if project.contains('/') || !project.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::invalid(format!("{project:?} is no name of a project of Google Cloud")));
        }
        let endpoint = match said(settings.endpoint.as_ref(), service.emulator) {
            Some(url) if url.contains("://") => url,
            Some(host) => format!("http://{host}"),
            None => service.url.to_owned(),
        };
        // The clients take the process's default, and sign by it.
        drop(rustls::crypto::ring::default_provider().install_default());
        let credentials = if endpoint.starts_with("http://") { anonymous::Builder::new().build() } else { own()? };
        Ok(Self { project, naming: Naming::new(settings.prefix.clone())?, endpoint, credentials })
    }
}

/// The Application Default Credentials.
fn own() -> Result<Credentials> {
    Builder::default().build().map_err(|error| {
        let message = "no usable Google Cloud credentials were found: check GOOGLE_APPLICATION_CREDENTIALS, or run \
                       `gcloud auth application-default login`";
        Error::new(ErrorKind::Unauthenticated, message).caused_by(error)
    })
}

/// A variable of the environment.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: Service = Service { emulator: "PUBSUB_EMULATOR_HOST", url: "https://pubsub.googleapis.com" };

    fn find(settings: &ServiceSettings, environment: &[(&str, &str)]) -> Result<Access> {
        Access::find(settings, &SERVICE, |name| {
            environment.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn what_is_not_set_is_told_by_the_environment() {
        let environment = [("GOOGLE_CLOUD_PROJECT", "shop"), ("PUBSUB_EMULATOR_HOST", "127.0.0.1:8085")];
        let found = find(&ServiceSettings::default(), &environment).unwrap();
        assert_eq!((found.project.as_str(), found.endpoint.as_str()), ("shop", "http://127.0.0.1:8085"));
        let set = ServiceSettings {
            project: Some("other".to_owned()),
            endpoint: Some("http://h:1".to_owned()),
            ..ServiceSettings::default()
        };
        let found = find(&set, &environment).unwrap();
        assert_eq!((found.project.as_str(), found.endpoint.as_str()), ("other", "http://h:1"));
    }

    #[test]
    fn without_a_project_or_with_a_bad_name_nothing_is_reached() {
        let error = find(&ServiceSettings::default(), &[("PUBSUB_EMULATOR_HOST", "h:1")]).unwrap_err();
        assert!(error.to_string().contains("GOOGLE_CLOUD_PROJECT"), "{error}");
        for (project, prefix) in [("a/b", ""), ("a b", ""), ("shop", "No_")] {
            let set = ServiceSettings { prefix: prefix.to_owned(), ..ServiceSettings::default() };
            let environment = [("GOOGLE_CLOUD_PROJECT", project), ("PUBSUB_EMULATOR_HOST", "h:1")];
            assert_eq!(find(&set, &environment).unwrap_err().kind(), ErrorKind::InvalidInput, "{project:?} {prefix:?}");
        }
    }
}
