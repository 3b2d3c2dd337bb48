//! The gaps of the emulators that an adapter is run against.

use anyhow::ensure;
use anyport_conformance::gaps::Gap;
use anyport_conformance::suite::Suite;
use anyport_emulators::{Emulator, Provider, emulators_in, gaps};

use super::variable;

/// Those of the emulators that the environment names for this provider; none if it leads to another server, or to the
/// provider itself.
pub(super) fn here(provider: Provider) -> anyhow::Result<Vec<Gap>> {
    of(&gaps::known()?.gaps, &emulators_in(provider, variable))
}

fn of(known: &[gaps::Gap], emulators: &[&Emulator]) -> anyhow::Result<Vec<Gap>> {
    let checks = checks();
    for gap in known {
        let pinned = |(clause, name): &(&str, &str)| *clause == gap.clause && *name == gap.check;
        ensure!(checks.iter().any(pinned), "the gap file names {} {}, which is no check", gap.clause, gap.check);
    }
    let is_here = |gap: &&gaps::Gap| emulators.iter().any(|emulator| emulator.name == gap.emulator.name);
    Ok(known.iter().filter(is_here).map(|gap| Gap { clause: gap.clause.clone(), reason: gap.shown() }).collect())
}

/// The clause and the name of every check.
fn checks() -> Vec<(&'static str, &'static str)> {
    Suite::complete().names()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gap_names_a_check_of_the_suite() {
        of(&gaps::known().unwrap().gaps, &[]).unwrap();
    }

    #[test]
    fn a_gap_counts_on_its_emulator_alone() {
        let (clause, check) = checks()[0];
        let entry = format!(
            "[[gap]]\nemulator = 'ministack'\nclause = '{clause}'\ncheck = '{check}'\n\
             reason = 'It answers another thing than it should.'\ncovered-by = 'unverified'\n"
        );
        let known = gaps::parse(&entry).unwrap().gaps;
        let count = |names: &[&str]| {
            let emulators: Vec<_> = names.iter().map(|name| Emulator::named(name).unwrap()).collect();
            of(&known, &emulators).unwrap().len()
        };
        assert_eq!(count(&["dynoxide", "ministack"]), 1);
        assert_eq!(count(&["dynoxide", "moto"]), 0);
        assert_eq!(count(&[]), 0);
        let misnamed = gaps::parse(&entry.replace(check, "no_such_check")).unwrap().gaps;
        let error = of(&misnamed, &[]).unwrap_err().to_string();
        assert!(error.contains("no_such_check, which is no check"), "{error}");
    }
}
