//! Extractors: the parameters of functions.

mod caller;
mod event;
mod handle;
mod json;
mod parameters;
mod precondition;
mod raw;
mod violation;

use anyport_ports::handles::{Need, Ports};
use schemars::{Schema, SchemaGenerator};

pub use caller::{Caller, Scope, Scoped};
pub use event::{BlobCreated, DocumentChanged, Event, Tick};
pub use json::Json;
pub use parameters::{Path, Query};
pub use precondition::IfMatch;
pub use raw::Body;

pub(crate) use precondition::entity_tag;
#[cfg(any(feature = "server", feature = "aws-lambda", feature = "azure-functions"))]
pub(crate) use violation::pointer;

use crate::function::kind::TriggerKind;
use crate::schemas::Schemas;

/// Marks extractors that decode a part of the invocation.
#[derive(Debug)]
pub struct ByDecoding;

/// Marks extractors that are handles on resources.
#[derive(Debug)]
pub struct ByHandle;

/// How a schema is asked for.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// What a parameter is: what the manifest and the OpenAPI document are read off.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Parameter {
    /// Handles on resources.
    Handle(Vec<Need>),
    /// The body, as JSON of this schema.
    Json(SchemaOf),
    /// The body, as it comes.
    Bytes,
    /// The parameters of the route.
    Path(SchemaOf),
    /// The query.
    Query(SchemaOf),
    /// The `If-Match` header.
    IfMatch {
        /// Whether a request without it is refused.
        required: bool,
    },
    /// The caller.
    Caller {
        /// Whether a request without one is refused.
        required: bool,
        /// What the caller must be allowed.
        scope: Option<&'static str>,
    },
    /// What an event, a schedule, a blob or a change of a document brings.
    Payload,
}

/// What an extractor is prepared with, once at start.
#[derive(Debug)]
pub struct Setup<'a> {
    pub(crate) schemas: &'a Schemas,
    /// Names of the route's parameters; empty without a route.
    pub(crate) path_parameters: &'a [String],
}

/// A parameter of a function that is called by a trigger of the kind `K`. `M` keeps handles and decoders apart and is
/// always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a function with the trigger `{K}`",
    note = "HTTP: Json, Body, Path, Query, IfMatch, Caller, Scoped",
    note = "subscription: Event; schedule: Tick; blob created: BlobCreated",
    note = "document changed: DocumentChanged",
    note = "any trigger: Reader, Writer, Publish, BlobReader, BlobWriter, BlobSigner, SecretOf, Arc<dyn Clock>, Arc<dyn Ids>"
)]
pub trait FromInvocation<K: TriggerKind, M = ByDecoding>: Sized + Send {
    /// What is made once at start, such as a compiled schema.
    type Prepared: Send + Sync + 'static;

    /// What the parameter is.
    fn parameter() -> Parameter;

    /// Prepares it; what is wrong with the parameter, in words.
    fn prepare(setup: &Setup<'_>) -> Result<Self::Prepared, String>;

    /// Takes it out of an invocation.
    fn extract(prepared: &Self::Prepared, invocation: &mut K::Invocation, ports: &Ports) -> Result<Self, K::Rejection>;
}
