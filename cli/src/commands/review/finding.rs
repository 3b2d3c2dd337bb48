//! What is told.

use std::ops::Range;
use std::path::PathBuf;

use serde::Serialize;

/// A rule that a handler breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// It has a loop.
    HandlerLoop,
    /// It decides more than once.
    HandlerBranches,
    /// It computes.
    HandlerArithmetic,
    /// It has many statements.
    HandlerLength,
    /// It builds a client.
    HandlerClient,
    /// It asks the clock, the environment or chance.
    HandlerWorld,
    /// It touches files.
    HandlerFiles,
    /// It names a framework or a host.
    HandlerFramework,
    /// It may panic on purpose.
    HandlerPanic,
    /// It shares state between calls.
    HandlerState,
}

impl Rule {
    /// The rules and how one is set aside, for `--help`.
    pub const TABLE: &'static str = "\
Rules:
  handler-loop        it has a loop, or a fold
  handler-branches    it decides more than once
  handler-arithmetic  it computes
  handler-length      it has more than eight statements
  handler-client      it builds a client, or opens an adapter
  handler-world       it asks the clock, the environment or chance
  handler-files       it touches the file system
  handler-framework   its signature names a framework or a host
  handler-panic       it has unwrap, expect, panic! or assert!
  handler-state       its file has state that calls share

What is meant as it is says so above the function, with a reason:
  // anyport review: allow handler-branches: the protocol has two answers";

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HandlerLoop => "handler-loop",
            Self::HandlerBranches => "handler-branches",
            Self::HandlerArithmetic => "handler-arithmetic",
            Self::HandlerLength => "handler-length",
            Self::HandlerClient => "handler-client",
            Self::HandlerWorld => "handler-world",
            Self::HandlerFiles => "handler-files",
            Self::HandlerFramework => "handler-framework",
            Self::HandlerPanic => "handler-panic",
            Self::HandlerState => "handler-state",
        }
    }

    /// What to do.
    pub fn advice(self) -> &'static str {
        match self {
            Self::HandlerLoop | Self::HandlerBranches | Self::HandlerArithmetic | Self::HandlerLength => {
                "move it into a service of the domain, where it is tested without a host"
            }
            Self::HandlerClient => "make it once in the composition root, and take a handle as a parameter",
            Self::HandlerWorld => "take Arc<dyn Clock>, Arc<dyn Ids> or a setting as a parameter: tests then decide",
            Self::HandlerFiles => "keep it in a bucket: take BlobReader or BlobWriter as a parameter",
            Self::HandlerFramework => {
                "take extractors and answer with anyport_runtimes' types: it then runs on every host"
            }
            Self::HandlerPanic => "return an error: it has a status, and tells whether to try again",
            Self::HandlerState => "keep it in a collection: instances come and go, and several run at once",
        }
    }
}

/// A place where a handler breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The handler, or the state that handlers share.
    pub function: String,
    /// The lines of its documentation and attributes, from 0.
    #[serde(skip)]
    pub(super) head: Range<usize>,
    /// What was found.
    pub message: String,
}

impl Finding {
    /// `file:line`.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.file.display(), self.line)
    }
}
