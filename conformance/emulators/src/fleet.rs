//! The started emulators of a provider, and the environment that leads a client to them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::child::Identity;
use crate::emulator::Emulator;
use crate::environment::EMULATORS;
use crate::provider::Provider;
use crate::variable::Variable;

/// An emulator that was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// The emulator's name.
    pub emulator: String,
    /// The port of the loopback address that it listens on.
    pub port: u16,
    /// What it wrote.
    pub log: PathBuf,
    /// Where its files are.
    #[serde(default)]
    pub folder: PathBuf,
    #[serde(flatten)]
    pub(crate) identity: Identity,
}

impl Instance {
    /// The number of its process.
    pub fn pid(&self) -> i32 {
        self.identity.pid
    }
}

/// The started emulators that stand for a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fleet {
    /// The provider.
    pub provider: Provider,
    /// The emulators.
    pub instances: Vec<Instance>,
    /// The variables that lead to the provider's other programs.
    pub(crate) tools: Vec<(String, String)>,
}

/// The variables that lead a client, and the tests, to these fleets; among them the names of their emulators.
pub fn environment(fleets: &[Fleet]) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    let mut names = Vec::new();
    for fleet in fleets {
        for instance in &fleet.instances {
            let Ok(emulator) = Emulator::named(&instance.emulator) else { continue };
            let value = |variable: &Variable| variable.value(instance.port, &instance.folder);
            variables.extend(emulator.serves.iter().map(|variable| (variable.name.to_owned(), value(variable))));
            if !emulator.is_second_opinion() {
                names.push(emulator.name);
            }
        }
        let settings = fleet.provider.settings().iter();
        variables.extend(settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        variables.extend(fleet.tools.iter().cloned());
    }
    if !names.is_empty() {
        variables.push((EMULATORS.to_owned(), names.join(",")));
    }
    variables
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn instance(emulator: &str, port: u16) -> Instance {
        let identity = Identity { pid: i32::from(port), started: "0".to_owned(), leads_group: false };
        let folder = PathBuf::from(format!("/files/{emulator}"));
        Instance { emulator: emulator.to_owned(), port, log: PathBuf::from("a.log"), folder, identity }
    }

    #[test]
    fn the_environment_leads_to_every_emulator() {
        let aws = Fleet {
            provider: Provider::Aws,
            instances: vec![instance("dynoxide", 1), instance("ministack", 2), instance("moto", 3)],
            tools: vec![("ANYPORT_CARGO_LAMBDA".to_owned(), "/tools/cargo-lambda".to_owned())],
        };
        let redis = Fleet { provider: Provider::Redis, instances: vec![instance("redis-server", 4)], tools: vec![] };
        let variables = environment(&[aws, redis]);
        let value = |name: &str| variables.iter().find(|(known, _)| known == name).unwrap().1.as_str();
        assert_eq!(value("AWS_ENDPOINT_URL_DYNAMODB"), "http://127.0.0.1:1");
        for service in ["S3", "SNS", "SQS", "SSM"] {
            assert_eq!(value(&format!("AWS_ENDPOINT_URL_{service}")), "http://127.0.0.1:2");
        }
        assert_eq!(value("AWS_ENDPOINT_URL_SECRETS_MANAGER"), "http://127.0.0.1:3");
        assert_eq!(value("AWS_REGION"), "us-east-1");
        assert_eq!(value("REDIS_URL"), "redis://127.0.0.1:4");
        assert_eq!(value("ANYPORT_CARGO_LAMBDA"), "/tools/cargo-lambda");
        assert_eq!(value("ANYPORT_EMULATORS"), "dynoxide,ministack,moto,redis-server");
        assert_eq!(environment(&[]), []);
    }

    #[test]
    fn each_client_is_told_in_its_own_way() {
        let azure = Fleet {
            provider: Provider::Azure,
            instances: vec![instance("cosmos", 1), instance("azurite-queue", 2), instance("vault", 3)],
            tools: vec![],
        };
        let gcp = Fleet {
            provider: Provider::Gcp,
            instances: vec![instance("hidane", 4), instance("google-pubsub", 5), instance("storage", 6)],
            tools: vec![],
        };
        let variables = environment(&[azure, gcp]);
        for (name, expected) in [
            ("AZURE_COSMOS_ENDPOINT", "http://127.0.0.1:1"),
            ("AZURE_STORAGE_QUEUE_ENDPOINT", "http://127.0.0.1:2/devstoreaccount1"),
            ("AZURE_KEYVAULT_ENDPOINT", "https://127.0.0.1:3"),
            ("AZURE_KEYVAULT_CA_FILE", "/files/vault/ca.pem"),
            ("AZURE_STORAGE_ACCOUNT", "devstoreaccount1"),
            ("FIRESTORE_EMULATOR_HOST", "127.0.0.1:4"),
            ("ANYPORT_GOOGLE_PUBSUB_EMULATOR_HOST", "127.0.0.1:5"),
            ("STORAGE_EMULATOR_HOST", "http://127.0.0.1:6"),
            ("GOOGLE_CLOUD_PROJECT", "anyport-test"),
            // A second opinion is not what clients are led to, so its gaps mask nothing.
            ("ANYPORT_EMULATORS", "cosmos,azurite-queue,vault,hidane,storage"),
        ] {
            let found = variables.iter().find(|(known, _)| known == name);
            assert_eq!(found.map(|(_, value)| value.as_str()), Some(expected), "{name}");
        }
    }
}
