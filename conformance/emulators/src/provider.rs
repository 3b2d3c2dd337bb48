//! Who is stood for.

use std::fmt;
use std::str::FromStr;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use crate::emulator::{Emulator, aws, azure, gcp, redis};
use crate::program::Program;
use crate::tools::{Tool, Tools};

/// A provider whose services can be stood for on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Amazon Web Services.
    Aws,
    /// Microsoft Azure.
    Azure,
    /// Google Cloud.
    Gcp,
    /// Redis, which needs no emulator: a server of its own.
    Redis,
}

impl Provider {
    /// Every provider.
    pub const ALL: &'static [Self] = &[Self::Aws, Self::Azure, Self::Gcp, Self::Redis];

    /// Every emulator that can stand for one of its services. Of several that serve the same, a machine runs the first
    /// that it has.
    pub fn emulators(self) -> &'static [&'static Emulator] {
        match self {
            Self::Aws => aws::EMULATORS,
            Self::Azure => azure::EMULATORS,
            Self::Gcp => gcp::EMULATORS,
            Self::Redis => redis::EMULATORS,
        }
    }

    /// The emulators that stand for it on this machine, together.
    pub(crate) fn emulators_here(self) -> Vec<&'static Emulator> {
        self.chosen(|emulator| emulator.tool.is_to_be_had())
    }

    fn chosen(self, is_here: impl Fn(&Emulator) -> bool) -> Vec<&'static Emulator> {
        let mut chosen: Vec<&'static Emulator> = Vec::new();
        for emulator in self.emulators() {
            if !chosen.iter().any(|other| other.replaces(emulator)) && is_here(emulator) {
                chosen.push(emulator);
            }
        }
        chosen
    }

    /// Variables that lead to a server beside those of its services.
    pub(crate) fn servers(self) -> &'static [&'static str] {
        match self {
            Self::Aws => aws::SERVERS,
            Self::Azure | Self::Gcp | Self::Redis => &[],
        }
    }

    /// Variables that lead to an account at the provider.
    pub(crate) fn account(self) -> &'static [&'static str] {
        match self {
            Self::Aws => aws::ACCOUNT,
            Self::Gcp => gcp::ACCOUNT,
            Self::Azure | Self::Redis => &[],
        }
    }

    /// Whether an address that leads a client to one of its services is that of an account at the provider itself.
    pub(crate) fn is_at(self, address: &str) -> bool {
        match self {
            Self::Azure => azure::is_account(address),
            Self::Aws | Self::Gcp | Self::Redis => false,
        }
    }

    /// Variables that hold for all of its emulators.
    pub(crate) fn settings(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Aws => aws::SETTINGS,
            Self::Azure => azure::SETTINGS,
            Self::Gcp => gcp::SETTINGS,
            Self::Redis => &[],
        }
    }

    /// What is installed for it on this machine: the emulators, and the other programs that its tests use.
    pub fn tools(self) -> Vec<&'static Tool> {
        let emulators = self.emulators_here().into_iter().map(|emulator| emulator.tool);
        emulators.chain(self.programs().iter().map(|program| program.tool)).collect()
    }

    /// The other programs that tests of this provider use, installed by now, as variables with their paths.
    pub(crate) fn paths(self, tools: &Tools) -> Result<Vec<(String, String)>> {
        self.programs().iter().map(|program| program.path(tools)).collect()
    }

    fn programs(self) -> &'static [Program] {
        match self {
            Self::Aws => aws::PROGRAMS,
            Self::Azure => azure::PROGRAMS,
            Self::Gcp => gcp::PROGRAMS,
            Self::Redis => redis::PROGRAMS,
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Aws => "aws",
            Self::Azure => "azure",
            Self::Gcp => "gcp",
            Self::Redis => "redis",
        })
    }
}

impl FromStr for Provider {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        let Some(provider) = Self::ALL.iter().find(|provider| provider.to_string() == name) else {
            let known: Vec<String> = Self::ALL.iter().map(ToString::to_string).collect();
            bail!("no emulators stand for {name:?}: there are some for {}", known.join(", "));
        };
        Ok(*provider)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(provider: Provider, missing: &[&str]) -> Vec<&'static str> {
        let chosen = provider.chosen(|emulator| !missing.contains(&emulator.name));
        chosen.iter().map(|emulator| emulator.name).collect()
    }

    #[test]
    fn of_those_that_serve_the_same_the_first_that_is_here_is_chosen() {
        let others = ["pubsub", "google-pubsub", "storage", "drongo"];
        assert_eq!(names(Provider::Gcp, &[]), [&["firestore"][..], &others].concat());
        let without_google = names(Provider::Gcp, &["firestore", "google-pubsub"]);
        assert_eq!(without_google, ["hidane", "pubsub", "storage", "drongo"]);
    }

    #[test]
    fn every_service_is_served_once_with_and_without_what_a_machine_may_lack() {
        for provider in Provider::ALL {
            for missing in [&[][..], &["firestore", "google-pubsub"]] {
                let chosen = provider.chosen(|emulator| !missing.contains(&emulator.name));
                let served = |emulators: &[&Emulator]| {
                    let in_charge = emulators.iter().filter(|emulator| !emulator.is_second_opinion());
                    let mut names: Vec<_> =
                        in_charge.flat_map(|emulator| emulator.serves).map(|variable| variable.name).collect();
                    names.sort_unstable();
                    names
                };
                let mut all = served(provider.emulators());
                all.dedup();
                assert_eq!(served(&chosen), all, "{provider} without {missing:?}");
            }
        }
    }
}
