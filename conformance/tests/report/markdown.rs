use anyport_conformance::report::to_markdown;

use crate::sample;

#[test]
fn the_table_counts_adapters_by_ports() {
    let markdown = to_markdown(&sample::report());
    let table: Vec<&str> = markdown.lines().filter(|line| line.starts_with('|')).take(5).collect();
    assert_eq!(
        table[0],
        "| adapter | documents | messages | blobs | secrets | passed | failed | masked | skipped | time | fingerprint |"
    );
    assert_eq!(table[1], "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |");
    assert!(table[2].starts_with("| memory | 35/35 | 10/10 | 5/5 | 3/3 | 53 | 0 | 0 | 0 | "), "{}", table[2]);
    assert!(table[4].starts_with("| acme | 31/33 | 9/10 | 4/5 | 3/3 | 47 | 2 | 2 | 2 | "), "{}", table[4]);
    assert!(table[4].ends_with(" | `77aa01fe9c3d` |"), "{}", table[4]);
}

#[test]
fn failures_stand_with_their_traces_and_nothing_in_them_is_markup() {
    let markdown = to_markdown(&sample::report());
    assert!(markdown.contains("**Not passed**: 2 checks failed; 2 checks did not run;"));
    assert!(markdown.contains("### DOC-BODY-3 on acme\n\nnull is not missing\n\n````text\nexpected"), "{markdown}");
    assert!(markdown.contains(&format!("```text\n{}\n```", sample::HOSTILE_TRACE)));
    assert!(markdown.contains("- BLOB-PUT-2 on acme: the emulator answers &lt;200&gt; whatever the tag"));
    assert!(markdown.contains("| TTL in the wrong unit | documents | DOC-TTL-1 | **nothing: it survives** |"));
    assert!(markdown.contains("| stale read | documents | DOC-GET-3 | DOC-CAS-6 |"));
    assert!(markdown.contains("Checks that kill no seeded fault: DOC-PUT-4, BLOB-READ-2."));
}

#[test]
fn what_was_lost_through_faults_stands_in_a_table_and_below_it() {
    let mut report = sample::passing();
    assert!(!to_markdown(&report).contains("## Endurance"));
    for (index, flawed) in [(0, false), (1, true)] {
        report.adapters[index].endurance = Some(sample::endurance(&report.adapters[index].name, flawed));
    }
    let markdown = to_markdown(&report);
    assert!(markdown.contains("| memory | messages | 100 | 80 | 1 | 7 | 12 | 0 |"), "{markdown}");
    assert!(markdown.contains("| sqlite | messages | 100 | 80 | 1 | 7 | 12 | 1 |"), "{markdown}");
    assert!(markdown.contains("sqlite, seed `7`:\n\n````text\nexpected"), "{markdown}");
    assert!(!markdown.contains("memory, seed"));
}

#[test]
fn names_cannot_break_the_table() {
    let mut report = sample::passing();
    report.adapters[0].name = "a|b\n<img>".to_owned();
    let markdown = to_markdown(&report);
    assert!(markdown.contains("| a\\|b &lt;img&gt; | 35/35 |"), "{markdown}");
}

#[test]
fn a_passing_report_is_short() {
    let markdown = to_markdown(&sample::passing());
    assert!(markdown.contains("**Passed.**"));
    assert!(markdown.contains("One and the same fingerprint"));
    assert!(markdown.contains("14 of 14 seeded faults die by their named check, in 4.32 s."));
    assert!(!markdown.contains("## Failures") && !markdown.contains("## Masked"));
}
