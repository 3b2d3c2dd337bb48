//! Why the host does not serve.

use std::net::SocketAddr;

use crate::workload::InvalidWorkload;

/// Why the functions are not served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloudRunError {
    /// The workload is wrong.
    #[error(transparent)]
    Workload(#[from] InvalidWorkload),
    /// Settings are wrong, or variables of the host are.
    #[error("the settings of Cloud Run are wrong:\n- {}", problems.join("\n- "))]
    Settings {
        /// Each thing that is wrong, in words.
        problems: Vec<String>,
    },
    /// The port cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// What the workload needs could not be created.
    #[error("what the workload needs could not be provisioned: {0}")]
    Provision(#[source] anyport_ports::Error),
    /// The signals to stop by cannot be received.
    #[error("SIGTERM cannot be received: {0}")]
    Signals(#[source] std::io::Error),
}
