//! What came of an import.

use anyport_ports::blobs::PutBlob;
use anyport_ports::{Error, Result};
use serde::{Deserialize, Serialize};

/// How far an import has come, as kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum ImportStatus {
    /// It was started; its file is not worked through.
    Waiting,
    /// Its file was worked through.
    Done(ImportResult),
}

impl ImportStatus {
    pub(super) fn blob(&self) -> Result<PutBlob> {
        let json = serde_json::to_vec(self)
            .map_err(|error| Error::invalid("the status cannot be written as JSON").caused_by(error))?;
        PutBlob::new("application/json", json)
    }
}

/// What came of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportResult {
    /// Users that the import created.
    pub created: u64,
    /// Lines whose user stood already, with this name and address.
    pub existing: u64,
    /// Lines that were refused.
    pub refused: u64,
    /// The first of the lines that were refused, and why.
    pub refusals: Vec<Refusal>,
}

/// A line that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The line of the file, from 1. Of a record that spans several lines, the last.
    pub line: u64,
    /// Why.
    pub reason: String,
}

impl ImportResult {
    /// Most refusals that are told one by one.
    pub const MOST_REFUSALS: usize = 1_000;

    pub(super) fn refuse(&mut self, line: u64, reason: impl Into<String>) {
        self.refused += 1;
        if self.refusals.len() < Self::MOST_REFUSALS {
            self.refusals.push(Refusal { line, reason: reason.into() });
        }
    }
}
