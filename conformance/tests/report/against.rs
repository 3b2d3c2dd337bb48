use anyport_conformance::report::{to_html, to_json, to_markdown, to_markdown_table};
use serde_json::{Value, json};

use crate::sample;

#[test]
fn what_was_run_against_stands_in_every_rendering() {
    let report = sample::against_servers(sample::passing());
    let markdown = to_markdown(&report);
    let line = "- sqlite: firestore (Google's emulator), pubsub (a fake of ours)";
    assert!(markdown.contains(&format!("## Against\n\n{line}\n")), "{markdown}");
    let page = to_html(&report).expect("renders");
    assert!(page.contains("pubsub <span class=\"is-masked\">a fake of ours</span>"), "a fake does not stand out");
    assert_eq!(page.matches("<p class=\"against\">").count(), 1);
    let json: Value = serde_json::from_str(&to_json(&report).expect("renders")).expect("parses");
    let fake = json!({"name": "pubsub", "maker": "a fake of ours", "fake": true});
    assert_eq!(json["adapters"][1]["against"][1], fake);
    assert!(json["adapters"][0].get("against").is_none());
}

#[test]
fn what_no_emulator_shows_is_told_and_counts_as_nothing() {
    let (without, with) = (sample::passing(), sample::against_servers(sample::passing()));
    assert_eq!(without.summary, with.summary);
    assert_eq!(without.is_pass(), with.is_pass());
    assert_eq!(to_markdown_table(&without), to_markdown_table(&with));
    let markdown = to_markdown(&with);
    let line = "- sqlite: deletion by &lt;TTL&gt;. No \\| emulator deletes anything.";
    assert!(markdown.contains("## Unverified against an emulator\n\n") && markdown.contains(line), "{markdown}");
    let page = to_html(&with).expect("renders");
    assert!(page.contains("<h2>Unverified against an emulator</h2>") && page.contains("deletion by &lt;TTL&gt;"));
    assert_eq!(page.matches("<tr class=\"unseen\">").count(), 1);
    for (name, text) in [("page", to_html(&without).expect("renders")), ("Markdown", to_markdown(&without))] {
        assert!(!text.contains("Unverified") && !text.contains("## Against"), "{name}");
    }
}

#[test]
fn a_judgement_of_the_same_checks_keeps_what_was_run_against() {
    let adapter = sample::against_servers(sample::report()).adapters.remove(1);
    let (selected, mut checks) = (adapter.summary.selected(), adapter.checks.clone());
    checks.truncate(1);
    let judged = adapter.clone().judged(checks);
    assert_eq!((&judged.against, &judged.unverified), (&adapter.against, &adapter.unverified));
    assert_eq!((judged.summary.passed, judged.summary.skipped), (1, selected - 1));
}
