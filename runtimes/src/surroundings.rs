//! What surrounds a workload's functions, on whatever host.

use std::fmt;
use std::sync::Arc;

use anyport_ports::blobs::FetchSigned;
use anyport_ports::documents::Changes;
use anyport_ports::resources::Provision;

use crate::auth::Authenticate;
#[cfg(any(feature = "server", feature = "aws-lambda"))]
use crate::telemetry::Telemetry;

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
    /// Tells who calls, for the functions that have a caller.
    pub authenticator: Option<Arc<dyn Authenticate>>,
    /// Flushed before the host may freeze the process, and shut down after the drain.
    #[cfg(any(feature = "server", feature = "aws-lambda"))]
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

    /// With this authenticator, if there is one.
    #[must_use]
    pub fn authenticated_by(mut self, authenticator: Option<Arc<dyn Authenticate>>) -> Self {
        self.authenticator = authenticator;
        self
    }

    /// With this telemetry.
    #[cfg(any(feature = "server", feature = "aws-lambda"))]
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
            .field("authenticator", &self.authenticator.is_some())
            .finish()
    }
}
