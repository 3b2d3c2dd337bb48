//! Where Cloud Storage is and who asks it: from the settings and the environment.

use std::fmt;

use anyport_ports::{Error, Result};
use serde::Deserialize;

use super::GcsSettings;

/// Google's own endpoint.
const ENDPOINT: &str = "https://storage.googleapis.com";

/// Where it is and who asks.
pub(super) struct Place {
    /// Without a slash at its end.
    pub(super) endpoint: String,
    pub(super) identity: Identity,
    pub(super) project: Option<String>,
}

/// Who asks.
#[derive(PartialEq, Eq)]
pub(super) enum Identity {
    /// A service account, by the text of its key file.
    ServiceAccount(String),
    /// Whom the file at this path names.
    File(String),
    /// Whom the login of the command line or the host names.
    Default,
    /// Nobody: an emulator does not mind.
    Anonymous,
}

/// What is read of a file of credentials here.
#[derive(Deserialize)]
struct CredentialsFile {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    project_id: Option<String>,
}

impl Place {
    /// That of these settings and, where they say nothing, of this environment.
    pub(super) fn find(settings: &GcsSettings, environment: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        let emulator = settings.endpoint_url.clone().or_else(|| set("STORAGE_EMULATOR_HOST"));
        let (identity, of_file) = match (&settings.service_account, set("GOOGLE_APPLICATION_CREDENTIALS")) {
            (Some(text), _) => (Identity::ServiceAccount(text.clone()), credentials_file(text)?.project_id),
            (None, Some(path)) => {
                let text = std::fs::read_to_string(&path).map_err(|error| {
                    Error::invalid("the file that GOOGLE_APPLICATION_CREDENTIALS names cannot be read").caused_by(error)
                })?;
                let file = credentials_file(&text)?;
                let is_account = file.kind == "service_account";
                (if is_account { Identity::ServiceAccount(text) } else { Identity::File(path) }, file.project_id)
            }
            (None, None) if emulator.is_some() => (Identity::Anonymous, None),
            (None, None) => (Identity::Default, None),
        };
        let endpoint = emulator.map_or_else(|| ENDPOINT.to_owned(), url);
        let project = settings.project.clone().or_else(|| set("GOOGLE_CLOUD_PROJECT")).or(of_file);
        Ok(Self { endpoint: endpoint.trim_end_matches('/').to_owned(), identity, project })
    }
}

/// An emulator's address may stand without a scheme, as Google's clients allow it.
fn url(address: String) -> String {
    if address.contains("://") { address } else { format!("http://{address}") }
}

fn credentials_file(text: &str) -> Result<CredentialsFile> {
    // The cause might show what is in the file.
    serde_json::from_str(text).map_err(|_| Error::invalid("the credentials for Cloud Storage are not a JSON key file"))
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = match &self.identity {
            Identity::ServiceAccount(_) => "as a service account",
            Identity::File(_) => "by a file of credentials",
            Identity::Default => "by default credentials",
            Identity::Anonymous => "anonymously",
        };
        write!(f, "{:?} {who}, in project {:?}", self.endpoint, self.project)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(settings: &GcsSettings, environment: &[(&str, &str)]) -> Result<Place> {
        let value = |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned());
        Place::find(settings, value)
    }

    #[test]
    fn an_emulator_is_asked_anonymously_and_google_never() {
        let google = find(&GcsSettings::new(), &[]).unwrap();
        assert!(google.identity == Identity::Default && google.endpoint == ENDPOINT);
        for host in ["127.0.0.1:1", "http://127.0.0.1:1/"] {
            let emulator = find(&GcsSettings::new(), &[("STORAGE_EMULATOR_HOST", host)]).unwrap();
            assert!(emulator.identity == Identity::Anonymous && emulator.endpoint == "http://127.0.0.1:1");
        }
    }

    #[test]
    fn a_service_account_says_its_project_unless_another_is_set() {
        let settings = GcsSettings::new().with_service_account(r#"{"type":"service_account","project_id":"acme"}"#);
        assert_eq!(find(&settings, &[]).unwrap().project.as_deref(), Some("acme"));
        let environment = [("GOOGLE_CLOUD_PROJECT", "other")];
        assert_eq!(find(&settings, &environment).unwrap().project.as_deref(), Some("other"));
        assert_eq!(find(&settings.with_project("mine"), &environment).unwrap().project.as_deref(), Some("mine"));
    }

    #[test]
    fn what_cannot_be_used_is_told_without_secrets() {
        let error = find(&GcsSettings::new().with_service_account("s3cret"), &[]).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"));
        let missing = [("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")];
        assert!(
            find(&GcsSettings::new(), &missing).unwrap_err().to_string().contains("GOOGLE_APPLICATION_CREDENTIALS")
        );
        let settings = GcsSettings::new().with_service_account(r#"{"type":"service_account","private_key":"s3cret"}"#);
        assert!(!format!("{settings:?} {:?}", find(&settings, &[]).unwrap()).contains("s3cret"));
    }
}
