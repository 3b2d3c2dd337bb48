//! For build servers.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::error::RenderError;
use super::model::{AdapterReport, CheckReport, Outcome, Report};
use crate::endurance::EnduranceReport;

/// The report as JUnit XML: one suite per adapter, one case per check. What is masked appears as skipped, the
/// format's nearest word; checks that did not run appear as an error, for a build must not go green over them.
pub fn to_junit(report: &Report) -> Result<String, RenderError> {
    let mut document = Document::new("conformance");
    document.set_time(duration(report.adapters.iter().map(|adapter| adapter.seconds).sum()));
    for adapter in &report.adapters {
        let mut suite = TestSuite::new(adapter.name.as_str());
        suite.set_time(duration(adapter.seconds));
        suite.add_property(Property::new("seed", report.seed.to_string()));
        suite.add_property(Property::new("started_at", report.started_at.as_str()));
        if let Some(fingerprint) = &adapter.fingerprint {
            suite.add_property(Property::new("fingerprint", fingerprint.as_str()));
        }
        suite.add_test_cases(adapter.checks.iter().map(|check| case(adapter, check)));
        if let Some(endurance) = &adapter.endurance {
            suite.add_test_case(endured(endurance));
        }
        if adapter.summary.skipped > 0 {
            suite.add_test_case(not_run(adapter));
        }
        document.add_test_suite(suite);
    }
    Ok(document.to_string()?)
}

fn case(adapter: &AdapterReport, check: &CheckReport) -> TestCase {
    let status = match &check.outcome {
        Outcome::Passed => TestCaseStatus::success(),
        Outcome::Failed { message, trace } => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(check.clause.as_str()).set_message(message.as_str());
            status.set_description(trace.join("\n"));
            status
        }
        Outcome::Masked { reason } => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("masked: {reason}"));
            status
        }
    };
    let mut case = TestCase::new(format!("{} {}", check.clause, check.name), status);
    case.set_classname(format!("{}.{}", adapter.name, check.port));
    case.set_time(duration(check.seconds));
    case
}

fn endured(endurance: &EnduranceReport) -> TestCase {
    let status = match endurance.problem() {
        None => TestCaseStatus::success(),
        Some(problem) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(problem).set_description(endurance.to_string());
            status
        }
    };
    let mut case = TestCase::new("nothing acknowledged is lost through faults", status);
    case.set_classname(endurance.adapter.as_str());
    case.set_time(duration(endurance.seconds));
    case
}

fn not_run(adapter: &AdapterReport) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(format!("{} selected checks did not run", adapter.summary.skipped));
    let mut case = TestCase::new("every selected check runs", status);
    case.set_classname(adapter.name.as_str());
    case
}

fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
