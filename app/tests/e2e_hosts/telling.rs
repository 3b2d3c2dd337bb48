//! What a process tells while the table is played: each line of standard output is an object with the fields of its call, and
//! nothing of users, tokens and keys stands anywhere.

use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;

use crate::world::RECEIPT_KEY;

/// What the table plants: names and addresses of users, the key of receipts, and what every token begins with.
const PLANTED: [&str; 11] = [
    "Lovelace",
    "ada@example.com",
    "Ada@Example.com",
    "Hopper",
    "grace@example.com",
    "Liskov",
    "barbara@example.com",
    "keyed@example.com",
    "brief@example.com",
    "eyJ",
    RECEIPT_KEY,
];

/// What each line says of the call that it belongs to.
const FIELDS: [&str; 5] = ["request_id", "correlation_id", "trace_id", "function", "cold_start"];

/// The files that a process writes its output to; outside of its working folder.
pub(crate) struct Telling(TempDir);

impl Telling {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, stream: &str) -> PathBuf {
        self.0.path().join(stream)
    }

    fn append(&self, stream: &str) -> File {
        OpenOptions::new().create(true).append(true).open(self.path(stream)).expect("a file")
    }

    /// For standard output.
    pub(crate) fn stdout(&self) -> Stdio {
        self.append("stdout").into()
    }

    /// For standard error.
    pub(crate) fn stderr(&self) -> Stdio {
        self.append("stderr").into()
    }

    /// Notes a line that a test has read from standard output.
    pub(crate) fn note(&self, line: &str) {
        use std::io::Write as _;
        writeln!(self.append("stdout"), "{line}").expect("it is written");
    }

    /// Fails if a line is no object with its fields, or if anything planted was told.
    pub(crate) fn holds(&self) {
        let read = |stream: &str| std::fs::read_to_string(self.path(stream)).unwrap_or_default();
        let (stdout, stderr) = (read("stdout"), read("stderr"));
        for line in stdout.lines() {
            let object: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            let missing: Vec<_> = FIELDS.iter().filter(|field| object.get(**field).is_none()).collect();
            assert!(missing.is_empty(), "without {missing:?}: {line}");
        }
        assert!(stdout.lines().count() > 10, "it told too little to tell anything: {stdout}");
        for planted in PLANTED {
            let line = stdout.lines().chain(stderr.lines()).find(|line| line.contains(planted));
            assert_eq!(line, None, "{planted} was told");
        }
    }
}
