//! The composition root: the one place where adapters are chosen and opened.

use std::sync::Arc;

use anyhow::Result;
use anyport_ports::Clock;
use anyport_ports::handles::Ports;
use anyport_ports::outbound::NoOutbound;
use anyport_ports::resources::Resources;
use anyport_runtimes::{Surroundings, SystemClock, UuidIds};

use crate::settings::Settings;

/// SQLite and a folder: one machine, and nothing else to run.
#[cfg(not(feature = "aws"))]
pub(crate) async fn compose(settings: &Settings, _resources: &Resources) -> Result<(Ports, Surroundings)> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    std::fs::create_dir_all(&settings.data)?;
    let store = anyport_sqlite::SqliteStore::open(&settings.data.join("store.db"), Arc::clone(&clock))?;
    let store = Arc::new(store);
    let secrets = anyport_sqlite::FileSecrets::new(settings.data.join("secrets"), "SECRET_");
    let ports = Ports {
        documents: Arc::clone(&store) as _,
        messages: Arc::clone(&store) as _,
        blobs: Arc::clone(&store) as _,
        signer: Arc::clone(&store) as _,
        secrets: Arc::new(secrets),
        clock,
        outbound: NoOutbound::port(),
        ids: Arc::new(UuidIds),
        call: Arc::default(),
    };
    let surroundings = Surroundings::none().provisioned_by(Arc::clone(&store) as _).changed_by(Some(Arc::clone(&store) as _));
    Ok((ports, surroundings.signed_by(Some(store))))
}

/// DynamoDB, SNS and SQS, S3, Secrets Manager: found by the conventions of AWS's own tools. What the functions need was made
/// by whoever deployed them.
#[cfg(feature = "aws")]
pub(crate) async fn compose(settings: &Settings, resources: &Resources) -> Result<(Ports, Surroundings)> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let prefix = settings.prefix.clone();
    let aws_settings = anyport_aws::AwsSettings { prefix: prefix.clone(), ..Default::default() };
    let aws = anyport_aws::Aws::connect(&aws_settings, Arc::clone(&clock)).await?;
    let blobs = anyport_blobs::s3::S3Settings::new().with_prefix(&prefix);
    let blobs = Arc::new(anyport_blobs::ObjectBlobs::s3(&blobs)?);
    let ports = Ports {
        documents: Arc::new(aws.documents().declaring(&resources.collections)),
        messages: Arc::new(aws.messages()),
        blobs: Arc::clone(&blobs) as _,
        signer: blobs,
        secrets: Arc::new(aws.secrets()),
        clock,
        outbound: NoOutbound::port(),
        ids: Arc::new(UuidIds),
        call: Arc::default(),
    };
    let surroundings = Surroundings::none().changed_by(Some(Arc::new(aws.changes())));
    Ok((ports, surroundings.decoding_changes(anyport_aws::DynamoDocuments::change_of)))
}
