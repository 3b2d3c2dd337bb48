//! The runner's report, by principle.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::table::{PRINCIPLES, Principle};
use crate::runner_report::Test;

/// What was shown.
#[derive(Debug)]
pub(super) struct Shown {
    /// The tests by the ids that they name, in upper case.
    tests: BTreeMap<String, Vec<Test>>,
}

impl Shown {
    /// What these tests show.
    pub(super) fn by(all: Vec<Test>) -> Self {
        let mut tests: BTreeMap<String, Vec<Test>> = BTreeMap::new();
        for test in all {
            if let Some(id) = id_of(&test.name) {
                tests.entry(id).or_default().push(test);
            }
        }
        for of in tests.values_mut() {
            of.sort_by(|a, b| (&a.binary, &a.name).cmp(&(&b.binary, &b.name)));
        }
        Self { tests }
    }

    /// The tests of a principle.
    pub(super) fn tests(&self, principle: &Principle) -> &[Test] {
        self.tests.get(principle.id).map_or(&[], Vec::as_slice)
    }

    /// Whether every principle has a test, and no test names another.
    pub(super) fn is_complete(&self) -> bool {
        PRINCIPLES.iter().all(|principle| !self.tests(principle).is_empty()) && self.strangers().next().is_none()
    }

    /// Whether every principle has a test, and all of them passed.
    pub(super) fn holds(&self) -> bool {
        self.is_complete() && self.tests.values().flatten().all(|test| test.passed)
    }

    /// Ids that tests name and that no principle has.
    fn strangers(&self) -> impl Iterator<Item = &str> {
        let known = |id: &String| PRINCIPLES.iter().any(|principle| principle.id == *id);
        self.tests.keys().filter(move |id| !known(id)).map(String::as_str)
    }

    /// The table for people: id, test, result.
    pub(super) fn table(&self) -> String {
        let mut table = String::new();
        // Writing to a string cannot fail.
        for principle in PRINCIPLES {
            let tests = self.tests(principle);
            if tests.is_empty() {
                let _ = writeln!(table, "{:<4} NO TEST  {}", principle.id, principle.name);
            }
            for test in tests {
                let result = if test.passed { "holds" } else { "FAILS" };
                let _ = writeln!(table, "{:<4} {result:<8} {} {}", principle.id, test.binary, test.name);
            }
        }
        for id in self.strangers() {
            let _ = writeln!(table, "{id:<4} is the id of no principle: {:?}", self.tests[id]);
        }
        table + &self.summary()
    }

    /// The table in one line.
    pub(super) fn summary(&self) -> String {
        let holds = |principle: &&Principle| {
            let tests = self.tests(principle);
            !tests.is_empty() && tests.iter().all(|test| test.passed)
        };
        let (all, hold) = (PRINCIPLES.len(), PRINCIPLES.iter().filter(holds).count());
        let tests: usize = self.tests.values().map(Vec::len).sum();
        format!("principles: {all}, hold: {hold}, shown by {tests} tests")
    }
}

/// The id in a test's name: that of `sub::principle_a4_words` is `A4`.
fn id_of(name: &str) -> Option<String> {
    let (_, rest) = name.split_once("principle_")?;
    let (id, _) = rest.split_once('_')?;
    let letters = id.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let is_id = letters.len() == 1 && letters.bytes().all(|letter| letter.is_ascii_lowercase());
    is_id.then(|| id.to_ascii_uppercase())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Tests of every principle, all of which passed.
    pub(crate) fn complete() -> Vec<Test> {
        let test = |principle: &Principle| named(&format!("m::principle_{}_holds", principle.id.to_lowercase()));
        PRINCIPLES.iter().map(test).collect()
    }

    fn named(name: &str) -> Test {
        Test { binary: "pack::binary".to_owned(), name: name.to_owned(), passed: true }
    }

    #[test]
    fn every_principle_needs_a_test_that_passed() {
        let all = Shown::by(complete());
        assert!(all.holds(), "{}", all.table());

        let missing = complete().into_iter().filter(|test| !test.name.contains("_a4_")).collect();
        let missing = Shown::by(missing);
        assert!(!missing.is_complete() && missing.table().contains("A4   NO TEST"), "{}", missing.table());

        let mut failed = complete();
        for test in failed.iter_mut().filter(|test| test.name.contains("_b14_")) {
            test.passed = false;
        }
        let failed = Shown::by(failed);
        assert!(failed.is_complete() && !failed.holds(), "{}", failed.table());
        assert!(failed.table().contains("B14  FAILS    pack::binary m::principle_b14_holds"), "{}", failed.table());
    }

    #[test]
    fn a_test_of_no_principle_is_told() {
        let mut strange = complete();
        strange.push(named("principle_z9_x"));
        let stranger = Shown::by(strange);
        assert!(!stranger.holds() && stranger.table().contains("Z9"), "{}", stranger.table());
    }

    #[test]
    fn ids_are_told_from_words() {
        assert_eq!(id_of("tests::principle_b14_a_panic").as_deref(), Some("B14"));
        assert_eq!(id_of("principle_s_one").as_deref(), Some("S"));
        for other in ["principle_", "principle_of_least", "principles_a1_x", "principle_a1"] {
            assert_eq!(id_of(other), None, "{other}");
        }
    }
}
