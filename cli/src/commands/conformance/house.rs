//! Which adapters a run is about.

use anyhow::Context as _;
use anyport_conformance::subject::Adapter;
use anyport_emulators::Provider;

use crate::adapters::{self, Trust};

/// Whose adapters are to be proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum House {
    /// AWS.
    Aws,
    /// Microsoft Azure.
    Azure,
    /// Google Cloud.
    Gcp,
    /// Redis.
    Redis,
    /// What needs nobody: memory, sqlite.
    Embedded,
}

impl House {
    fn adapters(self) -> &'static [&'static str] {
        match self {
            Self::Aws => &["aws"],
            Self::Azure => &["azure"],
            Self::Gcp => &["gcp"],
            Self::Redis => &["redis"],
            Self::Embedded => &["memory", "sqlite"],
        }
    }
}

/// What was asked for, in the order of the house.
pub(super) struct Selection {
    names: Vec<&'static str>,
    trust: Trust,
}

impl Selection {
    /// These providers' adapters and these adapters; all if neither is given.
    pub(super) fn of(houses: &[House], names: &[String]) -> anyhow::Result<Self> {
        let known = adapters::names();
        if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
            anyhow::bail!("no adapter {unknown:?}: there are {}", known.join(", "));
        }
        let asked = |name: &&str| {
            names.iter().any(|asked| asked == name) || houses.iter().any(|house| house.adapters().contains(name))
        };
        let all = houses.is_empty() && names.is_empty();
        // An account costs money and holds somebody's data: it is used only when its provider was named.
        let trust = if all { Trust::ServersAlone } else { Trust::AccountsToo };
        Ok(Self { names: known.into_iter().filter(|name| all || asked(name)).collect(), trust })
    }

    /// The providers that it needs a server or an account of.
    pub(super) fn providers(&self) -> Vec<Provider> {
        self.names.iter().filter_map(|name| adapters::provider_of(name)).collect()
    }

    /// How far the environment is trusted.
    pub(super) fn trust(&self) -> Trust {
        self.trust
    }

    /// The adapters.
    pub(super) fn adapters(&self) -> anyhow::Result<Vec<Adapter>> {
        let named = |name: &&str| adapters::named(name, self.trust).with_context(|| format!("no adapter {name:?}"));
        self.names.iter().map(named).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(houses: &[House], names: &[&str]) -> Vec<&'static str> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        Selection::of(houses, &names).unwrap().names
    }

    #[test]
    fn providers_and_adapters_add_up_in_the_order_of_the_house() {
        assert_eq!(names(&[], &[]), adapters::names());
        assert_eq!(names(&[House::Embedded], &[]), ["memory", "sqlite"]);
        assert_eq!(names(&[], &["sqlite"]), ["sqlite"]);
        assert_eq!(names(&[House::Embedded, House::Embedded], &["sqlite"]), ["memory", "sqlite"]);
        assert!(Selection::of(&[], &["oracle".to_owned()]).is_err());
    }

    #[test]
    fn an_account_is_used_only_when_its_provider_was_named() {
        assert_eq!(Selection::of(&[], &[]).unwrap().trust(), Trust::ServersAlone);
        assert_eq!(Selection::of(&[House::Aws], &[]).unwrap().trust(), Trust::AccountsToo);
    }
}
