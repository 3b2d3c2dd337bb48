//! What the environment says about a provider.

use std::ffi::OsStr;

use crate::command::quoted;
use crate::emulator::Emulator;
use crate::provider::Provider;

/// The variable with the names of the emulators that the others lead to, separated by commas: whoever sets an endpoint
/// by hand leaves it out, and no gap is masked.
pub const EMULATORS: &str = "ANYPORT_EMULATORS";

/// Where the environment leads a client of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// Nowhere.
    Nothing,
    /// To a server, by the variable of this name.
    Server(&'static str),
    /// To an account at the provider itself, by the variable of this name.
    Account(&'static str),
}

/// Where these variables lead a client of the provider. A server goes before an account: it takes the account's place.
pub fn named(provider: Provider, variable: impl Fn(&str) -> Option<String>) -> Named {
    let is_set = |name: &&&'static str| variable(name).is_some_and(|value| !value.is_empty());
    let (servers, accounts): (Vec<&'static str>, &[&'static str]) = match provider {
        Provider::Aws => {
            let services = provider.emulators().iter().flat_map(|emulator| emulator.serves.iter().copied());
            (std::iter::once("AWS_ENDPOINT_URL").chain(services).collect(), AWS_ACCOUNT)
        }
        Provider::Azure => (AZURE_SERVERS.to_vec(), &[]),
        Provider::Gcp => (GCP_SERVERS.to_vec(), &[]),
        Provider::Redis => (vec!["REDIS_URL"], &[]),
    };
    if let Some(server) = servers.iter().find(is_set) {
        Named::Server(server)
    } else if let Some(account) = accounts.iter().find(is_set) {
        Named::Account(account)
    } else {
        Named::Nothing
    }
}

/// What tells AWS's own clients who they are.
const AWS_ACCOUNT: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/// What leads to servers that stand for Azure's services.
const AZURE_SERVERS: &[&str] = &[
    "AZURE_COSMOS_ENDPOINT",
    "AZURE_STORAGE_QUEUE_ENDPOINT",
    "AZURE_STORAGE_BLOB_ENDPOINT",
    "AZURE_KEYVAULT_ENDPOINT",
];

/// What leads to servers that stand for Google Cloud's services: the names of Google's own clients, where there is one.
const GCP_SERVERS: &[&str] =
    &["FIRESTORE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST", "STORAGE_EMULATOR_HOST", "SECRET_MANAGER_EMULATOR_HOST"];

/// The emulators of this provider that the environment says it leads to.
pub fn emulators_in(provider: Provider, variable: impl Fn(&str) -> Option<String>) -> Vec<&'static Emulator> {
    let listed = variable(EMULATORS).unwrap_or_default();
    let is_listed = |emulator: &&&Emulator| listed.split(',').any(|name| name.trim() == emulator.name);
    provider.emulators().iter().filter(is_listed).copied().collect()
}

/// The variables as lines that a POSIX shell evaluates.
pub fn exports(variables: &[(String, String)]) -> String {
    let line = |(name, value): &(String, String)| format!("export {name}={}\n", quoted(OsStr::new(value)));
    variables.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
        move |name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn a_server_goes_before_an_account() {
        let aws = |variables| named(Provider::Aws, of(variables));
        assert_eq!(aws(&[]), Named::Nothing);
        assert_eq!(aws(&[("AWS_REGION", "us-east-1"), ("AWS_PROFILE", "")]), Named::Nothing);
        assert_eq!(aws(&[("AWS_PROFILE", "work")]), Named::Account("AWS_PROFILE"));
        let both = &[("AWS_ACCESS_KEY_ID", "a"), ("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:1")];
        assert_eq!(aws(both), Named::Server("AWS_ENDPOINT_URL_SQS"));
        assert_eq!(aws(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:1")]), Named::Server("AWS_ENDPOINT_URL"));
        assert_eq!(named(Provider::Redis, of(&[("AWS_PROFILE", "work")])), Named::Nothing);
        assert_eq!(named(Provider::Redis, of(&[("REDIS_URL", "redis://h")])), Named::Server("REDIS_URL"));
    }

    #[test]
    fn emulators_are_those_listed() {
        let names = |variables, provider| -> Vec<&str> {
            emulators_in(provider, of(variables)).iter().map(|emulator| emulator.name).collect()
        };
        let listed = &[(EMULATORS, "ministack, redis-server,unknown")];
        assert_eq!(names(listed, Provider::Aws), ["ministack"]);
        assert_eq!(names(listed, Provider::Redis), ["redis-server"]);
        assert_eq!(names(&[], Provider::Aws), [""; 0]);
    }

    #[test]
    fn exports_are_read_back_by_a_shell() {
        let hard = "it's a \"test\" $HOME `x` \\ end";
        let variables = [("PLAIN".to_owned(), "http://127.0.0.1:1".to_owned()), ("HARD".to_owned(), hard.to_owned())];
        let text = exports(&variables);
        assert!(text.starts_with("export PLAIN=http://127.0.0.1:1\n"), "{text}");
        let script = format!("{text}printf '%s|%s' \"$PLAIN\" \"$HARD\"");
        let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("http://127.0.0.1:1|{hard}"));
    }
}
