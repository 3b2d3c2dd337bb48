//! Microsoft Azure, found by the conventions of its own tools: each service by the variable of its endpoint.

use std::sync::Arc;

use anyport_azure::{CosmosDocuments, CosmosSettings, KeyVaultSecrets, KeyVaultSettings, QueueMessages, QueueSettings};
use anyport_blobs::ObjectBlobs;
use anyport_blobs::azure::AzureBlobSettings;
use anyport_ports::{Clock, Result};

use super::BoundDocuments;
use crate::settings::AzureSection;

pub(super) async fn documents(section: &AzureSection, clock: &Arc<dyn Clock>) -> Result<BoundDocuments> {
    let settings = CosmosSettings { prefix: section.prefix.clone(), ..CosmosSettings::default() };
    let store = Arc::new(CosmosDocuments::connect(&settings, Arc::clone(clock)).await?);
    Ok(BoundDocuments {
        port: Arc::clone(&store) as _,
        changes: Arc::clone(&store) as _,
        own_change: Some(CosmosDocuments::change_of),
        provision: store,
    })
}

pub(super) fn messages(section: &AzureSection) -> Result<QueueMessages> {
    QueueMessages::connect(&QueueSettings { prefix: section.prefix.clone(), ..QueueSettings::default() })
}

pub(super) fn blobs(section: &AzureSection) -> Result<ObjectBlobs> {
    ObjectBlobs::azure(&AzureBlobSettings::new().with_prefix(&section.prefix))
}

pub(super) fn secrets(section: &AzureSection) -> Result<KeyVaultSecrets> {
    KeyVaultSecrets::connect(&KeyVaultSettings { prefix: section.prefix.clone(), ..KeyVaultSettings::default() })
}
