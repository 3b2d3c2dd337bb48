use std::fs;

use anyport_conformance::report::{to_html, to_json, to_junit, to_markdown};

use crate::sample;

#[test]
fn all_four_files_are_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let target = dir.path().join("made/on the way");
    let report = sample::report();
    let written = report.write_to(&target).expect("writes");
    let content = |path| fs::read_to_string(path).expect("is there");
    assert_eq!(content(&written.json), to_json(&report).expect("renders"));
    assert_eq!(content(&written.junit), to_junit(&report).expect("renders"));
    assert_eq!(content(&written.markdown), to_markdown(&report));
    assert_eq!(content(&written.html), to_html(&report).expect("renders"));
    assert_eq!(written.html, target.join("index.html"));

    sample::passing().write_to(&target).expect("replaces an earlier report");
    assert!(content(&written.html).contains("Interchangeable"));
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("taken");
    fs::write(&file, "").expect("writes");
    let refusal = sample::report().write_to(&file).expect_err("a file stands there");
    assert!(refusal.to_string().contains("taken"), "{refusal}");
}

/// Leaves a page behind to look at, in `target/tmp/sample-report*`.
#[test]
fn the_sample_can_be_looked_at() {
    let tmp = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (name, report) in [("sample-report", sample::report()), ("sample-report-passing", sample::passing())] {
        let written = report.write_to(&tmp.join(name)).expect("writes");
        assert!(fs::metadata(written.html).expect("is there").len() > 10_000);
    }
}
