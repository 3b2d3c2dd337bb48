//! A report like those that real runs give, with everything in it that is hard to render.

use anyport_conformance::endurance::EnduranceReport;
use anyport_conformance::report::{
    AdapterReport, CheckReport, KillMatrix, Mutant, Outcome, Report, Server, Unverified,
};

/// Text that is markup in every one of the formats.
pub(crate) const HOSTILE: &str = "expected {\"a\":1}, got <script>alert('x')</script> & \"]]>\" | `b` ```c``` *d*\u{0}";

/// Ends a script element, if anything from the report can.
pub(crate) const HOSTILE_TRACE: &str = "get(\"</script><img src=x onerror=alert(1)>\") -> <!-- absent | -->";

/// A family of clauses and the names of its checks.
type Family = (&'static str, &'static [&'static str]);

const CLAUSES: &[(&str, &[Family])] = &[
    (
        "documents",
        &[
            (
                "DOC-GET",
                &[
                    "a document that was put is found",
                    "an absent document is not found",
                    "a second handle reads its writes",
                ],
            ),
            (
                "DOC-PUT",
                &[
                    "a put makes or replaces",
                    "every write changes the version",
                    "a failed write changes nothing",
                    "a body of 256 KiB is kept",
                ],
            ),
            (
                "DOC-CREATE",
                &[
                    "a create of an absent document succeeds",
                    "a create of an existing document conflicts",
                    "one of 64 concurrent creators wins",
                ],
            ),
            (
                "DOC-CAS",
                &[
                    "a current version replaces",
                    "a stale version is refused on put",
                    "a stale version is refused on delete",
                    "a version is never reused after recreation",
                    "a counter of 32 writers is exact",
                    "concurrent histories are linearizable",
                ],
            ),
            ("DOC-DELETE", &["a deleted document is not found", "deleting an absent document succeeds"]),
            (
                "DOC-BODY",
                &[
                    "integers keep all 64 bits",
                    "floats keep every bit",
                    "null is not missing",
                    "keys with dots and dollars are kept",
                ],
            ),
            ("DOC-TTL", &["an expired document is invisible at once", "a plain put clears the expiry"]),
            (
                "DOC-QUERY",
                &[
                    "a prefix selects",
                    "ranges have open and closed ends",
                    "order is that of UTF-8 bytes",
                    "the limit comes after the filter",
                    "pages neither skip nor repeat",
                    "a cursor survives inserts and deletes",
                    "a garbage cursor is invalid",
                ],
            ),
            (
                "DOC-TX",
                &[
                    "all or nothing",
                    "one stale version rolls back all",
                    "a duplicate key is invalid",
                    "the 51st operation is invalid",
                ],
            ),
        ],
    ),
    (
        "messages",
        &[
            ("MSG-PUBLISH", &["every subscription gets every message", "bodies are exact", "attributes are exact"]),
            (
                "MSG-LEASE",
                &["a lapsed lease redelivers", "an extended lease does not", "a stale receipt acknowledges nothing"],
            ),
            (
                "MSG-DEAD",
                &[
                    "the last attempt dead-letters",
                    "a dead letter keeps its id and attributes",
                    "a redrive delivers again",
                ],
            ),
            ("MSG-DELAY", &["a delayed message is never early"]),
        ],
    ),
    (
        "blobs",
        &[
            ("BLOB-PUT", &["create-only refuses the second", "a swap with a stale tag is refused"]),
            ("BLOB-READ", &["ranges are exact", "a range past the end is clipped"]),
            ("BLOB-LIST", &["pages with prefix and delimiter"]),
        ],
    ),
    ("secrets", &[("SEC-GET", &["absent and denied are distinct", "a pinned version stays", "nothing is in Debug"])]),
];

/// Name, port, description, killers, named check.
type Fault = (&'static str, &'static str, &'static str, &'static [&'static str], &'static str);

const FAULTS: &[Fault] = &[
    (
        "create overwrites",
        "documents",
        "A create of an existing document replaces it.",
        &["DOC-CREATE-2", "DOC-CREATE-3", "DOC-CAS-6", "DOC-TX-2"],
        "DOC-CREATE-2",
    ),
    (
        "CAS ignores the token",
        "documents",
        "A conditional put does not look at its version.",
        &["DOC-CAS-2", "DOC-CAS-5", "DOC-CAS-6"],
        "DOC-CAS-2",
    ),
    (
        "CAS not atomic",
        "documents",
        "Others may write between the check and the write.",
        &["DOC-CAS-5", "DOC-CAS-6"],
        "DOC-CAS-5",
    ),
    (
        "token reused after recreate",
        "documents",
        "Versions start again after a delete.",
        &["DOC-CAS-4", "DOC-CAS-6"],
        "DOC-CAS-4",
    ),
    ("stale read", "documents", "A read answers with the state before the last write.", &["DOC-CAS-6"], "DOC-GET-3"),
    (
        "delete lazy",
        "documents",
        "A deleted document is found for a while.",
        &["DOC-DELETE-1", "DOC-CREATE-1"],
        "DOC-DELETE-1",
    ),
    (
        "page drops its last",
        "documents",
        "A page ends one document early.",
        &["DOC-QUERY-5", "DOC-QUERY-6", "DOC-QUERY-1"],
        "DOC-QUERY-5",
    ),
    ("i64 through f64", "documents", "Integers beyond 2^53 are rounded.", &["DOC-BODY-1"], "DOC-BODY-1"),
    ("null <b>=</b> missing", "documents", "A null member is <i>dropped</i>.", &["DOC-BODY-3"], "DOC-BODY-3"),
    ("TTL in the wrong unit", "documents", "Seconds are taken for milliseconds.", &[], "DOC-TTL-1"),
    ("transaction partial", "documents", "What came before the failure stays.", &["DOC-TX-1", "DOC-TX-2"], "DOC-TX-1"),
    (
        "ack before handler",
        "messages",
        "A message is acknowledged on receipt.",
        &["MSG-LEASE-1", "MSG-DEAD-1"],
        "MSG-LEASE-1",
    ),
    (
        "stale receipt deletes",
        "messages",
        "An old receipt acknowledges a newer lease.",
        &["MSG-LEASE-3"],
        "MSG-LEASE-3",
    ),
    ("dead letter loses attributes", "messages", "A dead letter arrives bare.", &["MSG-DEAD-2"], "MSG-DEAD-2"),
    (
        "fan-out to one subscriber",
        "messages",
        "Only the first subscription gets a message.",
        &["MSG-PUBLISH-1", "MSG-PUBLISH-2"],
        "MSG-PUBLISH-1",
    ),
    ("constant ETag", "blobs", "Every blob has the same tag.", &["BLOB-PUT-2"], "BLOB-PUT-2"),
];

/// Two adapters that agree and one that does not, with a failure, masked checks and two checks that did not run.
pub(crate) fn report() -> Report {
    let adapters =
        [("memory", 0.002), ("sqlite", 0.017), ("acme", 0.061)].map(|(name, pace)| adapter(name, pace, name == "acme"));
    Report::new(0x05ee_d0fa_u64, "2026-03-14T09:26:53Z", adapters.into(), Some(kill_matrix()))
}

/// The same suite with nothing to complain about.
pub(crate) fn passing() -> Report {
    let adapters = [("memory", 0.002), ("sqlite", 0.017)].map(|(name, pace)| adapter(name, pace, false));
    let mut matrix = kill_matrix();
    matrix.rows.retain(|mutant| mutant.killed_by_named);
    matrix.checks_without_kill.clear();
    Report::new(7, "2026-03-14T09:26:53Z", adapters.into(), Some(matrix))
}

/// An endurance run as `report.json` holds it: with a message that was lost if it is flawed.
pub(crate) fn endurance(name: &str, flawed: bool) -> EnduranceReport {
    let violations: &[&str] = if flawed { &[HOSTILE] } else { &[] };
    let run = serde_json::json!({"adapter": name, "seed": 7, "seconds": 1.5, "ports": [{
        "port": "messages", "operations": 100, "acknowledged": 80, "refused": 1, "not_done": 7, "indeterminate": 12,
        "lost": violations.len(), "violations": violations, "seconds": 1.5,
    }]});
    serde_json::from_value(run).expect("is an endurance run")
}

/// The report, whose second adapter was run against an emulator and a fake that show less than all.
pub(crate) fn against_servers(mut report: Report) -> Report {
    let server = |name: &str, maker: &str, fake| Server { name: name.to_owned(), maker: maker.to_owned(), fake };
    let servers = vec![server("firestore", "Google's emulator", false), server("pubsub", "a fake of ours", true)];
    let unverified =
        vec![Unverified { what: "deletion by <TTL>".to_owned(), why: "No | emulator deletes anything.".to_owned() }];
    report.adapters[1] = report.adapters[1].clone().against(servers, unverified);
    report
}

fn adapter(name: &str, pace: f64, flawed: bool) -> AdapterReport {
    let mut checks = Vec::new();
    for (port, families) in CLAUSES {
        for (family, names) in *families {
            for (index, check) in names.iter().enumerate() {
                let clause = format!("{family}-{}", index + 1);
                let outcome = if flawed { flaw(&clause) } else { Outcome::Passed };
                let seconds = pace * f64::from(u32::try_from(check.len() % 11 + index).expect("short")) / 3.0;
                checks.push(CheckReport {
                    clause,
                    name: (*check).to_owned(),
                    port: (*port).to_owned(),
                    outcome,
                    seconds,
                });
            }
        }
    }
    let selected = checks.len();
    if flawed {
        checks.retain(|check| !check.clause.starts_with("DOC-TTL"));
    }
    let seconds = checks.iter().map(|check| check.seconds).sum();
    let fingerprint = if flawed { "77aa01fe9c3d5b6e8f00" } else { "3f9c1be07d52aa94c0de" };
    AdapterReport::new(name, Some(fingerprint.to_owned()), selected, checks, seconds)
}

fn flaw(clause: &str) -> Outcome {
    match clause {
        "DOC-CAS-6" => Outcome::Failed {
            message: "key \"k2\": no order of these operations explains every answer; at best 3 of 4 fit".to_owned(),
            trace: [
                "the longest order that makes sense:",
                "  1. client 1 [0..1] put(\"k2\", 1) -> written as version \"v1\"",
                "  2. client 3 [2..3] put(\"k2\", 2, if version \"v1\") -> written as version \"v2\"",
                "  3. client 2 [4..7] get(\"k2\") -> 2 at version \"v2\"",
                "what cannot be explained:",
                "  - client 4 [8..9] get(\"k2\") -> 1 at version \"v1\" is impossible when the document is 2",
            ]
            .map(str::to_owned)
            .into(),
        },
        "DOC-BODY-3" => Outcome::Failed { message: HOSTILE.to_owned(), trace: vec![HOSTILE_TRACE.to_owned()] },
        "BLOB-PUT-2" | "MSG-DELAY-1" => {
            Outcome::Masked { reason: "the emulator answers <200> whatever the tag".to_owned() }
        }
        _ => Outcome::Passed,
    }
}

fn kill_matrix() -> KillMatrix {
    let mutant = |&(name, port, description, killers, named): &Fault| Mutant {
        name: name.to_owned(),
        port: port.to_owned(),
        description: description.to_owned(),
        killed_by_named: killers.contains(&named),
        named_check: named.to_owned(),
        killers: killers.iter().map(|clause| (*clause).to_owned()).collect(),
    };
    KillMatrix {
        rows: FAULTS.iter().map(mutant).collect(),
        checks_without_kill: vec!["DOC-PUT-4".to_owned(), "BLOB-READ-2".to_owned()],
        checks_failing_the_reference: Vec::new(),
        seconds: 4.318,
    }
}
