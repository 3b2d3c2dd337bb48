//! The emulators: what each stands for, who made it, and how it is started.

pub(crate) mod aws;
pub(crate) mod azure;
pub(crate) mod gcp;
pub(crate) mod redis;

use std::fmt;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::provider::Provider;
use crate::ready::Probe;
use crate::tools::Tool;
use crate::variable::Variable;

/// A server that stands for some of a provider's services.
#[derive(Debug)]
pub struct Emulator {
    /// Its name in the gap file, in reports and on the command line.
    pub name: &'static str,
    /// Who made it.
    pub maker: Maker,
    /// What it stands for, each by the variable that leads a client to it.
    pub serves: &'static [Variable],
    /// What it could stand for beside that: a second opinion.
    pub could_serve: &'static [Variable],
    pub(crate) tool: &'static Tool,
    pub(crate) probe: Probe,
    arguments: fn(&mut Command, port: u16, folder: &Path),
}

/// Who made an emulator: how much its word is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// Whose service it stands for: this company.
    Provider(&'static str),
    /// A project of others.
    Others,
    /// This project: written from the service's documentation, for want of another. A fake proves less than an emulator.
    Ours,
    /// It stands for nothing: it is the service's own server.
    Itself,
}

impl fmt::Display for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider(company) => write!(f, "{company}'s emulator"),
            Self::Others => f.write_str("an emulator of others"),
            Self::Ours => f.write_str("a fake of ours"),
            Self::Itself => f.write_str("the server itself"),
        }
    }
}

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

    /// Whether clients are led to another one unless told: it serves nothing that they look for by themselves.
    pub fn is_second_opinion(&self) -> bool {
        self.serves.iter().all(|variable| variable.name.starts_with(OWN))
    }

    /// Whether it can stand for all that the other serves.
    pub fn can_replace(&self, other: &Self) -> bool {
        other.serves.iter().all(|variable| self.could_serve(variable))
    }

    /// Whether it can stand for this service beside its own, led to by what its own variables hold.
    pub(crate) fn could_serve(&self, variable: &Variable) -> bool {
        self.could_serve.contains(variable) && self.serves.iter().any(|served| served.is_said_like(variable))
    }

    /// Whether one of the two can stand where the other does.
    pub(crate) fn replaces(&self, other: &Self) -> bool {
        self.serves.iter().any(|variable| other.serves.contains(variable))
    }

    /// Whether the server on this port, which keeps its files in this folder, is ready.
    pub(crate) fn answers(&self, port: u16, folder: &Path) -> bool {
        let written = |variable: &Variable| variable.file_name().is_none_or(|file| folder.join(file).is_file());
        self.serves.iter().all(written) && self.probe.answers(port)
    }

    /// Adds what makes the program listen on this port of the loopback address alone, and keep its files in the folder.
    pub(crate) fn prepare(&self, command: &mut Command, port: u16, folder: &Path) {
        command.current_dir(folder);
        (self.arguments)(command, port, folder);
    }
}

/// Adds the arguments of one of the servers of our own.
fn fake(command: &mut Command, service: &str, port: u16, folder: &Path) {
    command.args([service, "--port", &port.to_string(), "--folder"]).arg(folder);
}

/// How the names of variables begin that are of this project.
const OWN: &str = "ANYPORT_";

/// The largest heap of an emulator in Java, which would take a quarter of the machine's memory by itself.
const JAVA_HEAP: &str = "-Xmx512m";

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
        assert!(error.contains("dynoxide, ministack, moto, cosmos"), "{error}");
    }

    #[test]
    fn no_two_emulators_have_one_name() {
        let mut names: Vec<&str> =
            Provider::ALL.iter().flat_map(|provider| provider.emulators()).map(|emulator| emulator.name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn what_takes_the_place_of_another_serves_all_that_it_served() {
        for provider in Provider::ALL {
            for (at, one) in provider.emulators().iter().enumerate() {
                for other in &provider.emulators()[at + 1..] {
                    if one.replaces(other) {
                        assert_eq!(one.serves, other.serves, "{} and {}", one.name, other.name);
                    }
                }
            }
        }
    }

    #[test]
    fn a_second_opinion_can_take_a_place_whole() {
        let can = |one: &str, other: &str| Emulator::named(one).unwrap().can_replace(Emulator::named(other).unwrap());
        assert!(can("google-pubsub", "pubsub") && can("ministack", "moto"));
        assert!(!can("ministack", "dynoxide"), "nobody else has its streams");
        assert!(!can("pubsub", "google-pubsub") && !can("google-pubsub", "firestore"));
        for provider in Provider::ALL {
            for second in provider.emulators().iter().filter(|emulator| emulator.is_second_opinion()) {
                assert!(provider.emulators().iter().any(|other| second.can_replace(other)), "{}", second.name);
            }
        }
    }

    #[test]
    fn fakes_are_called_so() {
        for (name, said) in [
            ("cosmos", "Microsoft's emulator"),
            ("firestore", "Google's emulator"),
            ("hidane", "an emulator of others"),
            ("pubsub", "a fake of ours"),
            ("storage", "a fake of ours"),
            ("vault", "a fake of ours"),
            ("redis-server", "the server itself"),
        ] {
            assert_eq!(Emulator::named(name).unwrap().maker.to_string(), said);
        }
    }

    #[test]
    fn a_server_that_writes_a_file_is_not_ready_without_it() {
        let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let vault = Emulator::named("vault").unwrap();
        assert!(!vault.answers(port, folder.path()));
        std::fs::write(folder.path().join("ca.pem"), "").unwrap();
        assert!(vault.answers(port, folder.path()));
    }
}
