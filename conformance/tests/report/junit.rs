use anyport_conformance::report::to_junit;
use quick_junit::{NonSuccessKind, Report, TestCaseStatus, XmlString};

use crate::sample;

#[test]
fn junit_reads_back_with_every_case_and_its_status() {
    let xml = to_junit(&sample::report()).expect("renders");
    let read = Report::deserialize_from_str(&xml).expect("is well-formed JUnit");
    let names: Vec<&str> = read.test_suites.iter().map(|suite| suite.name.as_str()).collect();
    assert_eq!(names, ["memory", "sqlite", "acme"]);

    let acme = &read.test_suites[2];
    let case = |start: &str| {
        acme.test_cases.iter().find(|case| case.name.as_str().starts_with(start)).expect("the case is there")
    };
    assert!(matches!(case("DOC-GET-1 ").status, TestCaseStatus::Success { .. }));
    assert_eq!(case("DOC-GET-1 ").classname.as_ref().map(XmlString::as_str), Some("acme.documents"));
    let TestCaseStatus::NonSuccess { kind, message, description, .. } = &case("DOC-BODY-3 ").status else {
        panic!("a failed check is not a success");
    };
    assert_eq!(*kind, NonSuccessKind::Failure);
    let shown = sample::HOSTILE.replace('\0', "");
    assert_eq!(
        message.as_ref().map(XmlString::as_str),
        Some(shown.as_str()),
        "only the NUL, which XML cannot hold, is gone"
    );
    assert_eq!(description.as_ref().map(XmlString::as_str), Some(sample::HOSTILE_TRACE));
    let TestCaseStatus::Skipped { message, .. } = &case("BLOB-PUT-2 ").status else {
        panic!("a masked check is skipped");
    };
    assert_eq!(message.as_ref().map(XmlString::as_str), Some("masked: the emulator answers <200> whatever the tag"));
    let TestCaseStatus::NonSuccess { kind, .. } = &case("every selected check runs").status else {
        panic!("checks that did not run are no success");
    };
    assert_eq!(*kind, NonSuccessKind::Error);
    assert_eq!((acme.failures, acme.errors, acme.skipped), (2, 1, 2));
}

#[test]
fn a_loss_through_faults_is_a_failure() {
    let mut report = sample::passing();
    report.adapters[0].endurance = Some(sample::endurance("memory", false));
    report.adapters[1].endurance = Some(sample::endurance("sqlite", true));
    let read = Report::deserialize_from_str(&to_junit(&report).expect("renders")).expect("is well-formed JUnit");
    assert_eq!((read.failures, read.tests), (1, 108));
}

#[test]
fn a_passing_report_has_only_successes() {
    let xml = to_junit(&sample::passing()).expect("renders");
    let read = Report::deserialize_from_str(&xml).expect("is well-formed JUnit");
    assert_eq!((read.failures, read.errors), (0, 0));
    assert_eq!(read.tests, 106);
    assert!(!xml.contains("every selected check runs"));
}
