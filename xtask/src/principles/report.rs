//! The runner's report, by principle.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::table::{PRINCIPLES, Principle};

/// JUnit's XML, as far as it is read.
#[derive(Deserialize)]
struct Suites {
    #[serde(rename = "testsuite", default)]
    suites: Vec<Suite>,
}

#[derive(Deserialize)]
struct Suite {
    #[serde(rename = "@name")]
    name: String,
    #[serde(rename = "testcase", default)]
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    #[serde(rename = "@name")]
    name: String,
    failure: Option<Ended>,
    error: Option<Ended>,
}

#[derive(Deserialize)]
struct Ended {}

/// A test that shows a principle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Test {
    /// Its package, and its binary if it is not the package's own.
    pub(super) binary: String,
    /// Its path within the binary.
    pub(super) name: String,
    /// Whether it passed.
    pub(super) passed: bool,
}

/// What was shown.
#[derive(Debug)]
pub(super) struct Shown {
    /// The tests by the ids that they name, in upper case.
    tests: BTreeMap<String, Vec<Test>>,
}

impl Shown {
    /// Reads a report.
    pub(super) fn of(xml: &str) -> Result<Self> {
        let suites: Suites = quick_xml::de::from_str(xml).context("the runner's report is not JUnit's XML")?;
        let mut tests: BTreeMap<String, Vec<Test>> = BTreeMap::new();
        for suite in suites.suites {
            for case in suite.cases {
                let passed = case.failure.is_none() && case.error.is_none();
                if let Some(id) = id_of(&case.name) {
                    let test = Test { binary: suite.name.clone(), name: case.name, passed };
                    tests.entry(id).or_default().push(test);
                }
            }
        }
        for of in tests.values_mut() {
            of.sort_by(|a, b| (&a.binary, &a.name).cmp(&(&b.binary, &b.name)));
        }
        Ok(Self { tests })
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

    /// A report in which every principle has a test that passed.
    pub(crate) fn complete() -> String {
        let case = |principle: &Principle| {
            format!("<testcase name=\"m::principle_{}_holds\" time=\"0.1\"/>", principle.id.to_lowercase())
        };
        let cases: String = PRINCIPLES.iter().map(case).collect();
        format!(
            "<testsuites name=\"run\" tests=\"35\"><testsuite name=\"pack::binary\">{cases}</testsuite></testsuites>"
        )
    }

    #[test]
    fn every_principle_needs_a_test_that_passed() {
        let all = Shown::of(&complete()).unwrap();
        assert!(all.holds(), "{}", all.table());

        let missing = Shown::of(&complete().replace("principle_a4_", "no_principle_")).unwrap();
        assert!(!missing.is_complete() && missing.table().contains("A4   NO TEST"), "{}", missing.table());

        let failed = complete().replace(
            "<testcase name=\"m::principle_b14_holds\" time=\"0.1\"/>",
            "<testcase name=\"m::principle_b14_holds\"><failure type=\"x\">left &lt; right</failure></testcase>",
        );
        let failed = Shown::of(&failed).unwrap();
        assert!(failed.is_complete() && !failed.holds(), "{}", failed.table());
        assert!(failed.table().contains("B14  FAILS    pack::binary m::principle_b14_holds"), "{}", failed.table());
    }

    #[test]
    fn a_test_of_no_principle_is_told() {
        let stranger = Shown::of(&complete().replacen("principle_a4_", "principle_z9_x</", 0)).unwrap();
        assert!(stranger.is_complete());
        let stranger = complete().replace("</testsuite>", "<testcase name=\"principle_z9_x\"/></testsuite>");
        let stranger = Shown::of(&stranger).unwrap();
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
