//! Amazon Web Services, found by the conventions of AWS's own tools.

use std::sync::Arc;

use anyport_aws::{Aws, AwsSettings, DynamoDocuments};
use anyport_blobs::ObjectBlobs;
use anyport_blobs::s3::S3Settings;
use anyport_ports::resources::Resources;
use anyport_ports::{Clock, Result};

use super::BoundDocuments;
use crate::settings::AwsSection;

/// The connection that all of its services share.
pub(super) async fn connect(section: &AwsSection, clock: &Arc<dyn Clock>) -> Result<Aws> {
    let settings = AwsSettings { prefix: section.prefix.clone(), ..AwsSettings::default() };
    Aws::connect(&settings, Arc::clone(clock)).await
}

pub(super) fn documents(aws: &Aws, resources: &Resources) -> BoundDocuments {
    let store = Arc::new(aws.documents().declaring(&resources.collections));
    BoundDocuments {
        port: Arc::clone(&store) as _,
        changes: Arc::new(aws.changes()),
        own_change: Some(DynamoDocuments::change_of),
        provision: store,
    }
}

pub(super) fn blobs(section: &AwsSection) -> Result<ObjectBlobs> {
    ObjectBlobs::s3(&S3Settings::new().with_prefix(&section.prefix))
}
