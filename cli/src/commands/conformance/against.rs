//! What an adapter was run against, for the report.

use anyport_conformance::report::{AdapterReport, Server, Unverified};
use anyport_emulators::{Emulator, Maker, Named, Provider, emulators_in, gaps, named};

use crate::adapters::{provider_of, variable};

/// The report, with the servers that the environment leads the adapter to, and what they cannot show.
pub(super) fn described(report: AdapterReport) -> anyhow::Result<AdapterReport> {
    let Some(provider) = provider_of(&report.name) else { return Ok(report) };
    let unverified = gaps::known()?.unverified.into_iter().filter(|one| one.provider == provider);
    let unverified = unverified.map(|one| Unverified { what: one.what, why: one.why }).collect();
    Ok(report.against(servers(provider, variable), unverified))
}

fn servers(provider: Provider, variable: impl Fn(&str) -> Option<String>) -> Vec<Server> {
    let emulators = emulators_in(provider, &variable);
    if !emulators.is_empty() {
        return emulators.into_iter().map(server).collect();
    }
    let other = |name: &str, maker: &str| vec![Server { name: name.to_owned(), maker: maker.to_owned(), fake: false }];
    match named(provider, variable) {
        Named::Server(name) => other(name, "the server that it names"),
        Named::Account(name) => other(name, "the account that it names"),
        Named::Nothing => Vec::new(),
    }
}

fn server(emulator: &Emulator) -> Server {
    let fake = emulator.maker == Maker::Ours;
    Server { name: emulator.name.to_owned(), maker: emulator.maker.to_string(), fake }
}

#[cfg(test)]
mod tests {
    use anyport_conformance::report::listed;

    use super::*;

    fn line(provider: Provider, variables: &[(&str, &str)]) -> String {
        let value =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        listed(&servers(provider, value))
    }

    #[test]
    fn fakes_stand_there_as_such() {
        let emulators = [("ANYPORT_EMULATORS", "dynoxide,firestore,pubsub"), ("PUBSUB_EMULATOR_HOST", "127.0.0.1:1")];
        assert_eq!(line(Provider::Gcp, &emulators), "firestore (Google's emulator), pubsub (a fake of ours)");
        assert_eq!(line(Provider::Aws, &emulators), "dynoxide (an emulator of others)");
    }

    #[test]
    fn what_somebody_else_started_is_called_by_its_variable() {
        assert_eq!(line(Provider::Redis, &[("REDIS_URL", "redis://h")]), "REDIS_URL (the server that it names)");
        assert_eq!(line(Provider::Aws, &[("AWS_PROFILE", "work")]), "AWS_PROFILE (the account that it names)");
        assert_eq!(line(Provider::Aws, &[]), "");
    }
}
