//! Google Cloud, found by the conventions of its own tools: the project by `GOOGLE_CLOUD_PROJECT`, credentials by
//! Application Default Credentials.

use std::sync::Arc;

use anyport_blobs::ObjectBlobs;
use anyport_blobs::gcs::GcsSettings;
use anyport_gcp::{FirestoreDocuments, FirestoreSettings, PubSubMessages, SecretManager, ServiceSettings};
use anyport_ports::resources::Resources;
use anyport_ports::{Clock, Result};

use super::BoundDocuments;
use crate::settings::GcpSection;

pub(super) async fn documents(
    section: &GcpSection,
    resources: &Resources,
    clock: &Arc<dyn Clock>,
) -> Result<BoundDocuments> {
    let settings = FirestoreSettings { prefix: section.prefix.clone(), ..FirestoreSettings::default() };
    let store = FirestoreDocuments::connect(&settings, Arc::clone(clock)).await?.declaring(&resources.collections);
    let store = Arc::new(store);
    Ok(BoundDocuments {
        port: Arc::clone(&store) as _,
        changes: Arc::clone(&store) as _,
        own_change: Some(FirestoreDocuments::change_of),
        provision: store,
    })
}

pub(super) async fn messages(section: &GcpSection) -> Result<PubSubMessages> {
    PubSubMessages::connect(&service(section)).await
}

pub(super) fn blobs(section: &GcpSection) -> Result<ObjectBlobs> {
    ObjectBlobs::gcs(&GcsSettings::new().with_prefix(&section.prefix))
}

pub(super) async fn secrets(section: &GcpSection) -> Result<SecretManager> {
    SecretManager::connect(&service(section)).await
}

fn service(section: &GcpSection) -> ServiceSettings {
    ServiceSettings { prefix: section.prefix.clone(), ..ServiceSettings::default() }
}
