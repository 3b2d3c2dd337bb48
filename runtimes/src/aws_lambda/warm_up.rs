//! Connecting before the first event.

use std::time::Duration;

use anyport_ports::documents::Key;
use anyport_ports::handles::Ports;

use crate::workload::Workload;

/// Longest time for it: the host ends an init that takes over 10 s.
const PATIENCE: Duration = Duration::from_secs(4);

/// Reads a document that is not there, from the first collection that the workload needs, so that the store's name is
/// resolved, its certificate is checked and its connection stands. A failure is logged: the first event meets it again, and
/// tells its caller.
pub async fn warm_up(workload: &Workload, ports: &Ports) {
    let resources = workload.resources();
    let Some(collection) = resources.collections.first() else { return };
    let Ok(key) = Key::new("anyport", "warm-up") else { return };
    match tokio::time::timeout(PATIENCE, ports.documents.get(&collection.name, &key)).await {
        Ok(Ok(_)) => tracing::debug!(collection = collection.name.as_str(), "warmed up"),
        Ok(Err(error)) => tracing::warn!(collection = collection.name.as_str(), %error, "could not be warmed up"),
        Err(_elapsed) => tracing::warn!(collection = collection.name.as_str(), "could not be warmed up in time"),
    }
}
