//! What the test runner has reported.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::workspace::Workspace;

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

/// A test that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Test {
    /// Its package, and its binary if it is not the package's own.
    pub(crate) binary: String,
    /// Its path within the binary.
    pub(crate) name: String,
    /// Whether it passed.
    pub(crate) passed: bool,
}

/// The tests of the last run, as the profile in `.config/nextest.toml` has them reported.
pub(crate) fn read(workspace: &Workspace) -> Result<Vec<Test>> {
    let report = report_of(workspace);
    let xml =
        fs::read_to_string(&report).with_context(|| format!("reading the runner's report {}", report.display()))?;
    parse(&xml)
}

fn report_of(workspace: &Workspace) -> PathBuf {
    workspace.target.join("nextest").join("default").join("junit.xml")
}

fn parse(xml: &str) -> Result<Vec<Test>> {
    let Suites { suites } = quick_xml::de::from_str(xml).context("the runner's report is not JUnit's XML")?;
    let tests = suites.into_iter().flat_map(|Suite { name: binary, cases }| {
        cases.into_iter().map(move |Case { name, failure, error }| {
            let passed = failure.is_none() && error.is_none();
            Test { binary: binary.clone(), name, passed }
        })
    });
    Ok(tests.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runner_writes_the_report_that_is_read() {
        let settings = include_str!("../../.config/nextest.toml");
        assert!(settings.contains("[profile.default.junit]\npath = \"junit.xml\"\n"));
    }

    #[test]
    fn tests_are_read_with_how_they_ended() {
        let xml = "<testsuites name=\"run\" tests=\"3\"><testsuite name=\"pack::binary\">\
                   <testcase name=\"m::one\" time=\"0.1\"/>\
                   <testcase name=\"two\"><failure type=\"x\">left &lt; right</failure></testcase>\
                   </testsuite><testsuite name=\"pack\"><testcase name=\"three\"><error/></testcase></testsuite>\
                   </testsuites>";
        let test = |binary: &str, name: &str, passed| Test { binary: binary.to_owned(), name: name.to_owned(), passed };
        let all =
            [test("pack::binary", "m::one", true), test("pack::binary", "two", false), test("pack", "three", false)];
        assert_eq!(parse(xml).unwrap(), all);
        assert!(parse("no XML").is_err());
    }
}
