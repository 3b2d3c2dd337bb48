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
    let value = |name: &'static str| variable(name).filter(|value| !value.is_empty()).map(|value| (name, value));
    let in_charge = provider.emulators().iter().filter(|emulator| !emulator.is_second_opinion());
    let services = in_charge.flat_map(|emulator| emulator.serves).filter(|variable| variable.is_address());
    let addresses = provider.servers().iter().copied().chain(services.map(|variable| variable.name));
    let set: Vec<_> = addresses.filter_map(value).collect();
    let is_server = |(_, address): &&(&str, String)| !provider.is_at(address);
    if let Some((server, _)) = set.iter().find(is_server) {
        Named::Server(server)
    } else if let Some((account, _)) =
        set.first().cloned().or_else(|| provider.account().iter().copied().find_map(value))
    {
        Named::Account(account)
    } else {
        Named::Nothing
    }
}

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
        let gcp = |variables| named(Provider::Gcp, of(variables));
        assert_eq!(gcp(&[("GOOGLE_CLOUD_PROJECT", "shop")]), Named::Account("GOOGLE_CLOUD_PROJECT"));
        let both = &[("GOOGLE_CLOUD_PROJECT", "shop"), ("PUBSUB_EMULATOR_HOST", "127.0.0.1:1")];
        assert_eq!(gcp(both), Named::Server("PUBSUB_EMULATOR_HOST"));
        assert_eq!(gcp(&[("ANYPORT_GOOGLE_PUBSUB_EMULATOR_HOST", "127.0.0.1:1")]), Named::Nothing);
        assert_eq!(named(Provider::Redis, of(&[("AWS_PROFILE", "work")])), Named::Nothing);
        assert_eq!(named(Provider::Redis, of(&[("REDIS_URL", "redis://h")])), Named::Server("REDIS_URL"));
    }

    #[test]
    fn an_endpoint_of_azure_may_be_an_account() {
        let azure = |variables| named(Provider::Azure, of(variables));
        for local in
            ["http://127.0.0.1:1", "https://localhost:8081/", "http://[::1]:1/devstoreaccount1", "http://LOCALHOST"]
        {
            let lead = |name: &str| (name == "AZURE_COSMOS_ENDPOINT").then(|| local.to_owned());
            assert_eq!(named(Provider::Azure, lead), Named::Server("AZURE_COSMOS_ENDPOINT"), "{local}");
        }
        for account in [
            "https://shop.documents.azure.com:443/",
            "https://127.0.0.1.example",
            "https://localhost@shop.example/",
            "shop",
        ] {
            let lead = |name: &str| (name == "AZURE_COSMOS_ENDPOINT").then(|| account.to_owned());
            assert_eq!(named(Provider::Azure, lead), Named::Account("AZURE_COSMOS_ENDPOINT"), "{account}");
        }
        let both = &[
            ("AZURE_COSMOS_ENDPOINT", "https://shop.documents.azure.com"),
            ("AZURE_STORAGE_QUEUE_ENDPOINT", "http://127.0.0.1:1/devstoreaccount1"),
        ];
        assert_eq!(azure(both), Named::Server("AZURE_STORAGE_QUEUE_ENDPOINT"));
        assert_eq!(azure(&[("AZURE_KEYVAULT_CA_FILE", "ca.pem"), ("AZURE_COSMOS_KEY", "k")]), Named::Nothing);
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
