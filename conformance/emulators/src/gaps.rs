//! The gap file: where an emulator is known to differ from what it stands for.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::emulator::Emulator;
use crate::provider::Provider;
use crate::variable::Variable;

/// A clause that cannot be observed on an emulator.
#[derive(Debug)]
pub struct Gap {
    /// The emulator.
    pub emulator: &'static Emulator,
    /// The clause, on this emulator alone.
    pub clause: String,
    /// The name of the clause's check.
    pub check: String,
    /// What the emulator does, and what is right instead.
    pub reason: String,
    /// The emulator against which the check passes; `None` if the clause is unverified.
    pub covered_by: Option<&'static Emulator>,
}

/// What of a provider no emulator shows, and so no run against emulators proves, beyond single clauses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unverified {
    /// The provider.
    pub provider: Provider,
    /// What is not seen to work.
    pub what: String,
    /// Why not, and what is proven instead.
    pub why: String,
}

/// What the gap file says.
#[derive(Debug, Default)]
pub struct Known {
    /// The clauses that cannot be observed, each on one emulator.
    pub gaps: Vec<Gap>,
    /// What is unverified against any emulator.
    pub unverified: Vec<Unverified>,
}

/// The gap file of the house.
///
/// # Errors
/// If it has a mistake, which the error names.
pub fn known() -> Result<Known> {
    parse(include_str!("../gaps.toml")).context("conformance/emulators/gaps.toml")
}

impl Gap {
    /// What a report says of the masked check.
    pub fn shown(&self) -> String {
        let covered = match self.covered_by {
            Some(other) => format!("covered by {}", other.name),
            None => "unverified against an emulator".to_owned(),
        };
        format!("{}: {} ({covered})", self.emulator.name, self.reason)
    }

    /// The services that the covering emulator takes over from the emulator with the gap.
    pub fn taken_over(&self) -> Vec<Variable> {
        let served = self.emulator.serves.iter().copied();
        self.covered_by.map_or(Vec::new(), |other| served.filter(|variable| other.could_serve(variable)).collect())
    }
}

/// What stands in the file for [`Gap::covered_by`] if nothing does.
const UNVERIFIED: &str = "unverified";
/// A reason that says what and why is not shorter.
const SHORTEST_REASON: usize = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "gap")]
    gaps: Vec<Entry>,
    #[serde(default)]
    unverified: Vec<UnverifiedEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnverifiedEntry {
    provider: Provider,
    what: String,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    emulator: String,
    clause: String,
    check: String,
    reason: String,
    covered_by: String,
}

/// Reads a gap file.
///
/// # Errors
/// If it is not TOML, an entry lacks a field or has one that is not known, names an unknown emulator, says too little of
/// its reason, or stands twice.
pub fn parse(text: &str) -> Result<Known> {
    let file: File = toml::from_str(text).context("not a gap file")?;
    let mut gaps: Vec<Gap> = Vec::new();
    for entry in file.gaps {
        let place = format!("the gap of {} at {}", entry.emulator, entry.clause);
        let gap = entry.checked().context(place.clone())?;
        let twice = |other: &Gap| other.emulator.name == gap.emulator.name && other.clause == gap.clause;
        ensure!(!gaps.iter().any(twice), "{place} stands there twice");
        gaps.push(gap);
    }
    let mut unverified: Vec<Unverified> = Vec::new();
    for UnverifiedEntry { provider, what, why } in file.unverified {
        ensure!(!what.trim().is_empty(), "an entry of {provider} does not say what is unverified");
        let place = format!("what is unverified of {provider}: {what}");
        ensure!(why.trim().len() >= SHORTEST_REASON, "{place}: the reason must say why no emulator shows it");
        let twice = |other: &Unverified| other.provider == provider && other.what == what;
        ensure!(!unverified.iter().any(twice), "{place} stands there twice");
        unverified.push(Unverified { provider, what, why });
    }
    Ok(Known { gaps, unverified })
}

impl Entry {
    fn checked(self) -> Result<Gap> {
        let emulator = Emulator::named(&self.emulator)?;
        let covered_by = match self.covered_by.as_str() {
            UNVERIFIED => None,
            name => Some(Emulator::named(name)?),
        };
        ensure!(!self.clause.is_empty() && !self.check.is_empty(), "an empty clause or check");
        ensure!(self.reason.trim().len() >= SHORTEST_REASON, "the reason must say what the emulator does");
        let gap = Gap { emulator, clause: self.clause, check: self.check, reason: self.reason, covered_by };
        if let Some(other) = covered_by
            && gap.taken_over().is_empty()
        {
            bail!("{} can stand for none of the services of {}", other.name, emulator.name);
        }
        Ok(gap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = "[[gap]]\nemulator = 'ministack'\nclause = 'MSG-ACK-1'\ncheck = 'acked_twice'\n\
                         reason = 'It answers ReceiptHandleIsInvalid where AWS answers success.'\n";

    #[test]
    fn the_file_of_the_house_is_read() {
        let known = known().unwrap();
        for provider in [Provider::Aws, Provider::Azure, Provider::Gcp] {
            assert!(known.unverified.iter().any(|one| one.provider == provider), "{provider}");
        }
    }

    #[test]
    fn what_no_emulator_shows_is_read_by_provider() {
        const ENTRY: &str =
            "[[unverified]]\nprovider = 'azure'\nwhat = 'deletion by TTL'\nwhy = 'No emulator deletes anything.'\n";
        let known = parse(ENTRY).unwrap();
        let expected = Unverified {
            provider: Provider::Azure,
            what: "deletion by TTL".to_owned(),
            why: "No emulator deletes anything.".to_owned(),
        };
        assert_eq!(known.unverified, [expected]);
        assert!(known.gaps.is_empty());
        for (text, says) in [
            (ENTRY.replace("azure", "oracle"), "oracle"),
            (ENTRY.replace("deletion by TTL", " "), "does not say what"),
            (ENTRY.replace("No emulator deletes anything.", "no"), "must say why"),
            (ENTRY.repeat(2), "stands there twice"),
            (format!("{ENTRY}clause = 'DOC-TTL-1'"), "clause"),
        ] {
            let error = format!("{:#}", parse(&text).map(|known| known.unverified.len()).unwrap_err());
            assert!(error.contains(says), "{text}\n{error}");
        }
    }

    #[test]
    fn a_gap_is_read_with_what_covers_it() {
        let gaps = parse(&format!("{ENTRY}covered-by = 'moto'")).unwrap().gaps;
        let [gap] = gaps.as_slice() else { panic!("{gaps:?}") };
        assert_eq!(
            (gap.emulator.name, gap.clause.as_str(), gap.check.as_str()),
            ("ministack", "MSG-ACK-1", "acked_twice")
        );
        assert_eq!(gap.covered_by.unwrap().name, "moto");
        assert!(gap.shown().starts_with("ministack: It answers"), "{}", gap.shown());
        assert!(gap.shown().ends_with("(covered by moto)"), "{}", gap.shown());
        assert!(gap.taken_over().iter().any(|variable| variable.name == "AWS_ENDPOINT_URL_SQS"));
        let gaps = parse(&format!("{ENTRY}covered-by = 'unverified'")).unwrap().gaps;
        assert!(gaps[0].shown().ends_with("(unverified against an emulator)"));
        assert!(gaps[0].taken_over().is_empty());
        assert!(parse("").unwrap().gaps.is_empty());
    }

    #[test]
    fn a_mistake_is_refused_and_named() {
        let covered = format!("{ENTRY}covered-by = 'moto'\n");
        for (text, says) in [
            ("gap = 1".to_owned(), "not a gap file"),
            (ENTRY.to_owned(), "covered-by"),
            (format!("{covered}skip = true"), "skip"),
            (covered.replace("ministack", "localhost"), "no emulator \"localhost\""),
            (covered.replace("moto", "nobody"), "no emulator \"nobody\""),
            (
                covered.replace("It answers ReceiptHandleIsInvalid where AWS answers success.", "flaky"),
                "the reason must",
            ),
            (covered.replace("MSG-ACK-1", ""), "an empty clause"),
            (covered.replace("moto", "redis-server"), "redis-server can stand for none"),
            (covered.repeat(2), "stands there twice"),
        ] {
            let error = format!("{:#}", parse(&text).map(|known| known.gaps.len()).unwrap_err());
            assert!(error.contains(says), "{text}\n{error}");
        }
    }
}
