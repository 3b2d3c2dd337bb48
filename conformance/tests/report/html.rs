use anyport_conformance::report::{Report, to_html};
use serde_json::Value;

use crate::sample;

fn page(report: &Report) -> String {
    to_html(report).expect("renders")
}

/// The JSON that the page's script reads.
fn details(page: &str) -> Value {
    let (_, rest) = page.split_once("<script type=\"application/json\" id=\"details\">").expect("is there");
    let (json, _) = rest.split_once("</script>").expect("is closed");
    serde_json::from_str(json).expect("is JSON")
}

#[test]
fn nothing_from_the_report_is_markup() {
    let page = page(&sample::report());
    assert!(!page.contains("<script>alert"), "a message opens a script");
    assert!(!page.contains("<img"), "a trace makes an element");
    assert!(!page.contains("<b>=</b>") && page.contains("null &lt;b&gt;=&lt;&#x2f;b&gt; missing"));
    assert!(!page.contains("<i>dropped</i>"));
    assert_eq!(page.matches("</script>").count(), 2, "a trace closes the script that holds it");
}

#[test]
fn the_drill_down_has_every_message_and_trace_unchanged() {
    let details = details(&page(&sample::report()));
    let details = details.as_array().expect("a list");
    assert_eq!(details.len(), 53 + 53 + 51);
    let failed = details.iter().find(|detail| detail["clause"] == "DOC-BODY-3" && detail["adapter"] == "acme");
    let failed = failed.expect("is there");
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["message"], sample::HOSTILE);
    assert_eq!(failed["trace"][0], sample::HOSTILE_TRACE);
}

#[test]
fn the_page_needs_no_network() {
    let page = page(&sample::report());
    for outside in ["http:", "https:", "src=\"", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn every_clause_has_a_cell_per_adapter() {
    let page = page(&sample::report());
    assert_eq!(page.matches("<tr class=\"row\"").count(), 53);
    assert_eq!(page.matches("class=\"mark failed\"").count(), 2);
    assert_eq!(page.matches("class=\"mark masked\"").count(), 2);
    assert_eq!(page.matches("class=\"mark absent\"").count(), 2, "two checks did not run on one adapter");
    assert!(page.contains("aria-label=\"DOC-CAS-6 on acme: failed\">✕</button>"));
    assert!(page.contains("data-statuses=\"absent passed\""));
}

#[test]
fn what_was_lost_through_faults_stands_out_and_is_no_markup() {
    let mut report = sample::passing();
    assert!(!page(&report).contains("<h2>Endurance</h2>"));
    for (index, flawed) in [(0, false), (1, true)] {
        report.adapters[index].endurance = Some(sample::endurance(&report.adapters[index].name, flawed));
    }
    let page = page(&report);
    assert!(page.contains("<h2>Endurance</h2>") && !page.contains("<script>alert"));
    assert_eq!(page.matches("<tr class=\"endured\">").count(), 2);
    assert!(page.contains("<td class=\"num is-passed\">0</td>") && page.contains("<td class=\"num is-failed\">1</td>"));
}

#[test]
fn survivors_and_missed_faults_stand_out() {
    let page = page(&sample::report());
    assert_eq!(page.matches("<tr class=\"survives\">").count(), 1);
    assert_eq!(page.matches("<tr class=\"missed\">").count(), 1);
    assert_eq!(page.matches("<tr class=\"killed\">").count(), 14);
    assert!(page.contains("<code>BLOB-READ-2</code>"));
}

#[test]
fn the_verdict_is_the_report_s() {
    let bad = page(&sample::report());
    assert!(bad.contains("<h1>Not passed</h1>") && bad.contains("<li>2 checks failed</li>"));
    assert!(bad.contains("<tbody class=\"different\">"));
    let good = page(&sample::passing());
    assert!(good.contains("<h1>Interchangeable</h1>") && !good.contains("class=\"problems\""));
    assert!(good.contains("<tbody class=\"equal\">"));

    let mut one = sample::passing();
    one.adapters.truncate(1);
    assert!(page(&one).contains("<h1>Passed</h1>"), "one adapter alone is not shown to be interchangeable");
    let empty = Report::new(1, "now", Vec::new(), None);
    assert!(page(&empty).contains("<li>nothing was run</li>"));
}
