//! The emulators: what each stands for and how it is started.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::provider::Provider;
use crate::ready::Probe;
use crate::tools::{self, Tool};

/// A server that stands for some of a provider's services.
#[derive(Debug)]
pub struct Emulator {
    /// Its name in the gap file, in reports and on the command line.
    pub name: &'static str,
    /// What it stands for, each by the variable that leads a client to it.
    pub serves: &'static [Variable],
    /// What it could stand for beside that: a second opinion.
    pub could_serve: &'static [Variable],
    pub(crate) tool: &'static Tool,
    pub(crate) probe: Probe,
    scheme: &'static str,
    arguments: fn(&mut Command, port: u16, folder: &Path),
}

/// The variable of the environment that leads a client to a service.
pub type Variable = &'static str;

const DYNAMODB: Variable = "AWS_ENDPOINT_URL_DYNAMODB";
const DYNAMODB_STREAMS: Variable = "AWS_ENDPOINT_URL_DYNAMODB_STREAMS";
const S3: Variable = "AWS_ENDPOINT_URL_S3";
const SECRETS_MANAGER: Variable = "AWS_ENDPOINT_URL_SECRETS_MANAGER";
const SNS: Variable = "AWS_ENDPOINT_URL_SNS";
const SQS: Variable = "AWS_ENDPOINT_URL_SQS";
const SSM: Variable = "AWS_ENDPOINT_URL_SSM";

pub(crate) const DYNOXIDE: Emulator = Emulator {
    name: "dynoxide",
    serves: &[DYNAMODB, DYNAMODB_STREAMS],
    could_serve: &[],
    tool: &tools::DYNOXIDE,
    probe: Probe::Http("/"),
    scheme: "http",
    arguments: |command, port, _| {
        command.args(["serve", "--log", "quiet", "--host", "127.0.0.1", "--port", &port.to_string()]);
    },
};

pub(crate) const MINISTACK: Emulator = Emulator {
    name: "ministack",
    serves: &[S3, SNS, SQS, SSM],
    could_serve: &[DYNAMODB, SECRETS_MANAGER],
    tool: &tools::MINISTACK,
    probe: Probe::Http("/_ministack/health"),
    scheme: "http",
    arguments: |command, port, _| {
        // It binds every address unless told, and would start containers for some services if it could.
        command.env("GATEWAY_PORT", port.to_string()).env("BIND_HOST", "127.0.0.1");
        command.env("DOCKER_HOST", "unix:///nonexistent").env("LOG_LEVEL", "WARNING");
    },
};

pub(crate) const MOTO: Emulator = Emulator {
    name: "moto",
    serves: &[SECRETS_MANAGER],
    could_serve: &[DYNAMODB, S3, SNS, SQS, SSM],
    tool: &tools::MOTO,
    probe: Probe::Http("/moto-api/"),
    scheme: "http",
    arguments: |command, port, _| {
        command.args(["--host", "127.0.0.1", "--port", &port.to_string()]);
    },
};

pub(crate) const REDIS: Emulator = Emulator {
    name: "redis-server",
    serves: &["REDIS_URL"],
    could_serve: &[],
    tool: &tools::REDIS_SERVER,
    probe: Probe::RedisPing,
    scheme: "redis",
    arguments: |command, port, folder| {
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.arg("--dir").arg(folder);
    },
};

impl Emulator {
    /// The emulator of this name.
    ///
    /// # Errors
    /// If there is none, which the error lists.
    pub fn named(name: &str) -> Result<&'static Self> {
        let all = || Provider::ALL.iter().flat_map(|provider| provider.emulators());
        let Some(found) = all().find(|emulator| emulator.name == name) else {
            let known: Vec<&str> = all().map(|emulator| emulator.name).collect();
            bail!("no emulator {name:?}: there are {}", known.join(", "));
        };
        Ok(found)
    }

    /// The provider that it stands for.
    pub fn provider(&self) -> Option<Provider> {
        let stands_for = |provider: &&Provider| provider.emulators().iter().any(|one| one.name == self.name);
        Provider::ALL.iter().find(stands_for).copied()
    }

    pub(crate) fn url(&self, port: u16) -> String {
        format!("{}://127.0.0.1:{port}", self.scheme)
    }

    /// Adds what makes the program listen on this port of the loopback address alone, and keep its files in the folder.
    pub(crate) fn prepare(&self, command: &mut Command, port: u16, folder: &Path) {
        (self.arguments)(command, port, folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_emulator_is_found_by_its_name_and_knows_its_provider() {
        for provider in Provider::ALL {
            for emulator in provider.emulators() {
                assert_eq!(Emulator::named(emulator.name).unwrap().name, emulator.name);
                assert_eq!(emulator.provider(), Some(*provider));
            }
        }
        let error = Emulator::named("goaws").unwrap_err().to_string();
        assert!(error.contains("dynoxide, ministack, moto, redis-server"), "{error}");
    }

    #[test]
    fn no_two_emulators_of_a_provider_serve_the_same() {
        for provider in Provider::ALL {
            let mut served: Vec<_> = provider.emulators().iter().flat_map(|emulator| emulator.serves).collect();
            let all = served.len();
            served.sort_unstable();
            served.dedup();
            assert_eq!(served.len(), all);
        }
    }
}
