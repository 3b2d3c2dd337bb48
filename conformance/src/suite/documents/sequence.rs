//! Random sequences of operations: what may be in them, and how they are drawn.
//!
//! The domains are small, so that operations meet, and hold what stores get wrong. In each, the plainest value comes
//! first: that is what shrinking goes towards.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use proptest::sample::select;

/// One operation, and whether the second of two handles performs it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) second_handle: bool,
    pub(crate) step: Step,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Get(Spot),
    GetMany(Vec<Spot>),
    Put(Spot, Write),
    Delete(Spot, Guard),
    Query {
        partition: &'static str,
        span: Span,
        descending: bool,
        limit: usize,
    },
    QueryIndex {
        state: &'static str,
        span: Span,
        descending: bool,
        limit: usize,
    },
    Scan {
        segments: u32,
        limit: usize,
    },
    Transact {
        partition: &'static str,
        parts: Vec<(&'static str, Part)>,
    },
    /// Time passes until whatever expires [`Expiry::Soon`] has.
    Pass,
}

/// The address of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    pub(crate) partition: &'static str,
    pub(crate) sort: &'static str,
}

#[derive(Clone, Debug)]
pub(crate) struct Write {
    /// One of [`BODIES`].
    pub(crate) body: &'static str,
    pub(crate) expiry: Expiry,
    pub(crate) guard: Guard,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expiry {
    Never,
    Past,
    Soon,
    Later,
    MuchLater,
}

/// A condition.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Guard {
    Always,
    Absent,
    Present,
    /// The version that this many writes before its last one gave the document.
    Version {
        back: usize,
    },
    /// A version that no write gave.
    Forged,
}

#[derive(Clone, Debug)]
pub(crate) enum Part {
    Put(Write),
    Delete(Guard),
    Check(Guard),
}

/// A range of text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Span {
    All,
    Prefix(&'static str),
    Between(Edge, Edge),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Edge {
    Open,
    Included(&'static str),
    Excluded(&'static str),
}

pub(crate) const PARTITIONS: [&str; 3] = ["p", "P", "p/\0é"];

pub(crate) const SORTS: [&str; 14] =
    ["a", "b", "ab", "10", "9", "a/b", "A", "a\0", " a", "é", "e\u{301}", "\u{FFFF}", "\u{10000}", "__x__"];

/// Values of the field `state`; the mark stands for what keeps cases apart.
pub(crate) const STATES: [&str; 2] = ["§open", "§closed"];

/// Bodies as JSON; the mark stands for what keeps cases apart, and `large` for 20 KB of text.
pub(crate) const BODIES: [&str; 12] = [
    "{}",
    r#"{"state":"§open","rank":"a"}"#,
    r#"{"state":"§open","rank":"b"}"#,
    r#"{"state":"§open","rank":"10"}"#,
    r#"{"state":"§closed","rank":"9"}"#,
    r#"{"state":"§open","rank":9}"#,
    r#"{"n":1,"f":1.0,"zero":-0.0}"#,
    r#"{"min":-9223372036854775808,"max":18446744073709551615,"odd":9007199254740993,"tiny":5e-324,"huge":1.7976931348623157e308}"#,
    r#"{"null":null,"text":"","array":[],"object":{}}"#,
    r#"{"a.b":{"$c":[["__d__",{"":null}],[]]},"é":"é"}"#,
    r#"{"text":"\u0000 \" \\ \u2028 😀 e\u0301"}"#,
    r#"{"large":"large"}"#,
];

const LIMITS: [usize; 5] = [100, 1, 2, 3, 7];

/// Sequences of so many operations.
pub(crate) fn calls(length: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Vec<Call>> {
    vec((any::<bool>(), step()).prop_map(|(second_handle, step)| Call { second_handle, step }), length)
}

fn step() -> impl Strategy<Value = Step> {
    let listing = || (span(), any::<bool>(), select(&LIMITS[..]));
    prop_oneof![
        4 => spot().prop_map(Step::Get),
        2 => vec(spot(), 1..6).prop_map(Step::GetMany),
        9 => (spot(), write()).prop_map(|(spot, write)| Step::Put(spot, write)),
        4 => (spot(), guard()).prop_map(|(spot, guard)| Step::Delete(spot, guard)),
        3 => (partition(), listing()).prop_map(|(partition, (span, descending, limit))| {
            Step::Query { partition, span, descending, limit }
        }),
        2 => (select(&STATES[..]), listing()).prop_map(|(state, (span, descending, limit))| {
            Step::QueryIndex { state, span, descending, limit }
        }),
        1 => (1_u32..4, select(&LIMITS[..])).prop_map(|(segments, limit)| Step::Scan { segments, limit }),
        4 => (partition(), vec((sort(), part()), 1..5)).prop_map(|(partition, mut parts)| {
            let mut named = Vec::new();
            parts.retain(|(sort, _)| !named.contains(sort) && { named.push(*sort); true });
            Step::Transact { partition, parts }
        }),
        1 => Just(Step::Pass),
    ]
}

fn partition() -> impl Strategy<Value = &'static str> {
    prop_oneof![5 => Just(PARTITIONS[0]), 1 => select(&PARTITIONS[..])]
}

fn sort() -> impl Strategy<Value = &'static str> {
    prop_oneof![select(&SORTS[..3]), select(&SORTS[..])]
}

fn spot() -> impl Strategy<Value = Spot> {
    (partition(), sort()).prop_map(|(partition, sort)| Spot { partition, sort })
}

fn write() -> impl Strategy<Value = Write> {
    (select(&BODIES[..]), expiry(), guard()).prop_map(|(body, expiry, guard)| Write { body, expiry, guard })
}

fn expiry() -> impl Strategy<Value = Expiry> {
    prop_oneof![
        10 => Just(Expiry::Never),
        1 => Just(Expiry::Past),
        2 => Just(Expiry::Soon),
        1 => Just(Expiry::Later),
        1 => Just(Expiry::MuchLater),
    ]
}

fn guard() -> impl Strategy<Value = Guard> {
    prop_oneof![
        6 => Just(Guard::Always),
        2 => Just(Guard::Absent),
        2 => Just(Guard::Present),
        4 => Just(Guard::Version { back: 0 }),
        1 => (1_usize..4).prop_map(|back| Guard::Version { back }),
        1 => Just(Guard::Forged),
    ]
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        3 => write().prop_map(Part::Put),
        1 => guard().prop_map(Part::Delete),
        1 => guard().prop_map(Part::Check),
    ]
}

fn span() -> impl Strategy<Value = Span> {
    prop_oneof![
        2 => Just(Span::All),
        2 => select(&["a", "", "é", "1", "\u{FFFF}"][..]).prop_map(Span::Prefix),
        2 => (edge(), edge()).prop_map(|(start, end)| Span::Between(start, end)),
    ]
}

fn edge() -> impl Strategy<Value = Edge> {
    prop_oneof![
        1 => Just(Edge::Open),
        2 => sort().prop_map(Edge::Included),
        2 => sort().prop_map(Edge::Excluded),
    ]
}
