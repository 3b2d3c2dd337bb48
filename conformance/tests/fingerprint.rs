//! The behavioural fingerprint: the same for adapters that behave alike, another for one that does not.

#![expect(clippy::unwrap_used, reason = "a test panics where something is not as it must be")]

use anyport_conformance::faults::Faultable;
use anyport_conformance::fingerprint::{fingerprint, transcripts};
use anyport_conformance::mutants::{Mutant, Mutants};
use anyport_conformance::reference::Reference;
use anyport_conformance::subject::{Adapter, Subject};

const SEED: u64 = 7;

async fn of(adapter: &Adapter, seed: u64) -> String {
    fingerprint(adapter, seed).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_has_one_fingerprint_for_each_seed() {
    let first = of(&Reference::adapter(), SEED).await;
    assert_eq!(first, of(&Reference::adapter(), SEED).await);
    assert_ne!(first, of(&Reference::adapter(), SEED + 1).await);
    let parts: Vec<&str> = first.split('-').collect();
    assert_eq!(parts.len(), 4, "{first}");
    assert!(
        parts.iter().all(|part| part.len() == 16 && part.bytes().all(|digit| digit.is_ascii_hexdigit())),
        "{first}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_not_offered_leaves_the_others_parts_alone() {
    let without_blobs = Adapter::named("memory").documents(Reference).messages(Reference).secrets(Reference);
    let (whole, some) = (of(&Reference::adapter(), SEED).await, of(&without_blobs, SEED).await);
    let (whole, some): (Vec<&str>, Vec<&str>) = (whole.split('-').collect(), some.split('-').collect());
    assert_eq!(some, [whole[0], whole[1], "none", whole[3]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_traces_meet_every_outcome() {
    let transcripts = transcripts(&Reference::adapter(), SEED).await.unwrap();
    let expected: [(&str, &[&str]); 4] = [
        (
            "documents",
            &[
                "Get",
                "GetMany",
                "Put",
                "Delete",
                "Query {",
                "QueryIndex {",
                "Scan {",
                "Transact {",
                "Pass",
                "-> absent",
                "-> conflict",
                "-> not_found",
                "-> precondition_failed",
                "expiring Later",
                "-> deleted",
                "written as v2",
                "versions: written as",
            ],
        ),
        (
            "messages",
            &[
                "publish to nowhere -> not_found",
                "attempt 1",
                "attempt 2",
                "attempt 3",
                "ack m",
                "nack m",
                "extend and ack m",
                "dead letter m",
                "dead: m",
                " dead",
                "redriven",
            ],
        ),
        (
            "blobs",
            &[
                "-> not_found",
                "-> conflict",
                "-> precondition_failed",
                "-> invalid_input",
                "goes on: true",
                "complete the upload",
                "etag Some(1)",
                "copy",
                "delete",
            ],
        ),
        ("secrets", &["shown true", "-> not_found", "of Some(0)", "of Some(1)", "denied: Some(PermissionDenied)"]),
    ];
    for ((port, transcript), (name, outcomes)) in transcripts.iter().zip(expected) {
        assert_eq!(*port, name);
        for outcome in outcomes {
            let lines = transcript.lines();
            assert!(lines.iter().any(|line| line.contains(outcome)), "{port} never meets {outcome:?}: {lines:#?}");
        }
    }
}

fn named<H: Faultable>(mutants: Vec<Mutant<H>>, name: &str) -> impl Subject<H> + use<H>
where
    Reference: Subject<H>,
{
    let mutant = mutants.into_iter().find(|mutant| mutant.name == name);
    mutant.unwrap_or_else(|| panic!("no seeded fault is called {name}")).subject()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_that_behaves_otherwise_has_another() {
    let sound = of(&Reference::adapter(), SEED).await;
    let mut faulty = Vec::new();
    for name in [
        "utf_16_order",
        "numeric_sort_as_natural_order",
        "page_drops_its_last",
        "index_ghosts",
        "sparse_ignored",
        "undeclared_index_empty",
        "unknown_collection_reads_as_empty",
    ] {
        faulty.push((name, Reference::adapter().documents(named(Mutants::all().documents, name))));
    }
    for name in ["dead_letter_one_late", "message_id_changes", "fan_out_to_one"] {
        faulty.push((name, Reference::adapter().messages(named(Mutants::all().messages, name))));
    }
    for name in ["range_off_by_one", "list_skips", "constant_etag"] {
        faulty.push((name, Reference::adapter().blobs(named(Mutants::all().blobs, name))));
    }
    for name in ["version_pin_ignored", "final_newline_lost"] {
        faulty.push((name, Reference::adapter().secrets(named(Mutants::all().secrets, name))));
    }
    for (name, adapter) in faulty {
        assert_ne!(of(&adapter, SEED).await, sound, "{name}");
    }
}
