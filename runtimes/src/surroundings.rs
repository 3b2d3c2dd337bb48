//! What surrounds a workload's functions, on whatever host.

use std::fmt;
use std::sync::Arc;

use anyport_ports::Result;
use anyport_ports::blobs::FetchSigned;
use anyport_ports::documents::{Changes, DocumentChange};
use anyport_ports::idempotency::Idempotency;
use anyport_ports::resources::Provision;

use crate::auth::Authenticate;
#[cfg(any(feature = "server", feature = "aws-lambda", feature = "azure-functions"))]
use crate::telemetry::Telemetry;

/// Reads the change that a record tells of which a host is given, in JSON, in the form of the store whose change it is.
pub type DecodeChange = Arc<dyn Fn(&str) -> Result<DocumentChange> + Send + Sync>;

/// What a host is handed besides the functions and their adapters. Everything in it may be absent.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Surroundings {
    /// Makes what the functions need, before the server takes work.
    pub provision: Option<Arc<dyn Provision>>,
    /// Answers the signed URLs of an embedded store, on the server.
    pub signed: Option<Arc<dyn FetchSigned>>,
    /// Tells what changed among documents, for the functions that changes call on the server.
    pub changes: Option<Arc<dyn Changes>>,
    /// Reads the changes that AWS Lambda is given as records of streams (`anyport_aws::DynamoDocuments::change_of`), and Azure
    /// Functions as documents of Cosmos DB.
    pub decode_change: Option<DecodeChange>,
    /// Tells who calls, for the functions that have a caller.
    pub authenticator: Option<Arc<dyn Authenticate>>,
    /// Keeps track of what idempotent functions did; if absent, on the workload's own documents, without a bucket for large
    /// answers.
    pub idempotency: Option<Arc<dyn Idempotency>>,
    /// Flushed before the host may freeze the process, and shut down after the drain.
    #[cfg(any(feature = "server", feature = "aws-lambda", feature = "azure-functions"))]
    pub telemetry: Option<Telemetry>,
}

impl Surroundings {
    /// Nothing.
    pub fn none() -> Self {
        Self::default()
    }

    /// With this provisioner.
    #[must_use]
    pub fn provisioned_by(mut self, provision: Arc<dyn Provision>) -> Self {
        self.provision = Some(provision);
        self
    }

    /// With this store of signed URLs, if there is one.
    #[must_use]
    pub fn signed_by(mut self, signed: Option<Arc<dyn FetchSigned>>) -> Self {
        self.signed = signed;
        self
    }

    /// With this change feed, if there is one.
    #[must_use]
    pub fn changed_by(mut self, changes: Option<Arc<dyn Changes>>) -> Self {
        self.changes = changes;
        self
    }

    /// With this reader of the changes that a host is given as records.
    #[must_use]
    pub fn decoding_changes(mut self, decode: impl Fn(&str) -> Result<DocumentChange> + Send + Sync + 'static) -> Self {
        self.decode_change = Some(Arc::new(decode));
        self
    }

    /// With this authenticator, if there is one.
    #[must_use]
    pub fn authenticated_by(mut self, authenticator: Option<Arc<dyn Authenticate>>) -> Self {
        self.authenticator = authenticator;
        self
    }

    /// With this keeper of what idempotent functions did, such as one that has a bucket for large answers.
    #[must_use]
    pub fn recorded_by(mut self, idempotency: Option<Arc<dyn Idempotency>>) -> Self {
        self.idempotency = idempotency;
        self
    }

    /// With this telemetry.
    #[cfg(any(feature = "server", feature = "aws-lambda", feature = "azure-functions"))]
    #[must_use]
    pub fn told_by(mut self, telemetry: Option<Telemetry>) -> Self {
        self.telemetry = telemetry;
        self
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings")
            .field("provision", &self.provision.is_some())
            .field("signed", &self.signed.is_some())
            .field("changes", &self.changes.is_some())
            .field("decode_change", &self.decode_change.is_some())
            .field("authenticator", &self.authenticator.is_some())
            .field("idempotency", &self.idempotency.is_some())
            .finish_non_exhaustive()
    }
}
