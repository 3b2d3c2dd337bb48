//! Making tables and their indexes, for development, tests and emulators.

use std::time::{Duration, Instant};

use anyport_ports::documents::Index;
use anyport_ports::resources::{CollectionSpec, Provision, Resources};
use anyport_ports::{CollectionName, Error, ErrorKind, Result};
use async_trait::async_trait;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
    GlobalSecondaryIndexUpdate, IndexStatus, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType, TableDescription, TableStatus, TimeToLiveSpecification,
    TimeToLiveStatus,
};
use aws_smithy_types::error::operation::BuildError;

use super::{DynamoDocuments, item, schema};

const OPERATION: &str = "provision";

/// Longest wait for a table or an index to become active: an index over many documents takes minutes.
const ACTIVE_TIMEOUT: Duration = Duration::from_mins(10);

/// Longest name of a key attribute, in bytes.
const MAX_KEY_NAME_BYTES: usize = 255;

#[async_trait]
impl Provision for DynamoDocuments {
    /// Makes the tables of the collections, paid by request, with their indexes and native expiry. An index that is added
    /// to a standing table is built over the documents that are there. A feed is the table's stream, of new images.
    async fn provision(&self, resources: &Resources) -> Result<()> {
        for spec in &resources.collections {
            self.provision_collection(spec).await.map_err(|error| {
                let resource = format!("{} (table {})", spec.name, self.table(&spec.name));
                error.during(OPERATION, resource)
            })?;
        }
        Ok(())
    }
}

impl DynamoDocuments {
    async fn provision_collection(&self, spec: &CollectionSpec) -> Result<()> {
        spec.indexes.iter().try_for_each(check_index)?;
        let standing = match self.describe(OPERATION, &spec.name).await {
            Ok(table) => table,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.create_table(spec).await?;
                self.active(&spec.name).await?
            }
            Err(error) => return Err(error),
        };
        check_keys(&standing)?;
        let standing = if is_active(&standing) { standing } else { self.active(&spec.name).await? };
        let indexes = schema::indexes_of(&standing);
        for index in &spec.indexes {
            match indexes.iter().find(|other| other.name == index.name) {
                Some(other) if other == index => {}
                Some(other) => return Err(conflict(index, other)),
                None => {
                    self.create_index(&spec.name, index).await?;
                    self.active(&spec.name).await?;
                    self.build(&spec.name, index).await?;
                }
            }
        }
        if spec.feed && !has_feed(&standing)? {
            self.create_feed(&spec.name).await?;
            self.active(&spec.name).await?;
        }
        self.schemas.declare(spec.name.clone(), schema::indexes_of(&self.describe(OPERATION, &spec.name).await?));
        self.expire(&spec.name).await
    }

    async fn create_table(&self, spec: &CollectionSpec) -> Result<()> {
        let mut request = self
            .client
            .create_table()
            .table_name(self.table(&spec.name))
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(definitions(&spec.indexes).map_err(unbuilt)?))
            .set_key_schema(Some(key_schema(item::PARTITION, item::SORT).map_err(unbuilt)?));
        for index in &spec.indexes {
            let gsi = GlobalSecondaryIndex::builder()
                .index_name(schema::gsi_name(&index.name))
                .set_key_schema(Some(index_schema(index).map_err(unbuilt)?))
                .projection(keys_only());
            request = request.global_secondary_indexes(gsi.build().map_err(unbuilt)?);
        }
        if spec.feed {
            request = request.stream_specification(new_images().map_err(unbuilt)?);
        }
        match request.send().await {
            Ok(_) => Ok(()),
            // Another process was faster.
            Err(failure) if matches!(failure.as_service_error(), Some(CreateTableError::ResourceInUseException(_))) => {
                Ok(())
            }
            Err(failure) => Err(self.failure(OPERATION, &spec.name, &spec.name, &failure)),
        }
    }

    async fn create_index(&self, collection: &CollectionName, index: &Index) -> Result<()> {
        let action = CreateGlobalSecondaryIndexAction::builder()
            .index_name(schema::gsi_name(&index.name))
            .set_key_schema(Some(index_schema(index).map_err(unbuilt)?))
            .projection(keys_only())
            .build()
            .map_err(unbuilt)?;
        self.client
            .update_table()
            .table_name(self.table(collection))
            .set_attribute_definitions(Some(definitions(std::slice::from_ref(index)).map_err(unbuilt)?))
            .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(action).build())
            .send()
            .await
            .map(drop)
            .map_err(|failure| self.failure(OPERATION, collection, collection, &failure))
    }

    async fn create_feed(&self, collection: &CollectionName) -> Result<()> {
        self.client
            .update_table()
            .table_name(self.table(collection))
            .stream_specification(new_images().map_err(unbuilt)?)
            .send()
            .await
            .map(drop)
            .map_err(|failure| self.failure(OPERATION, collection, collection, &failure))
    }

    /// Has DynamoDB remove what has expired, within a few days.
    async fn expire(&self, collection: &CollectionName) -> Result<()> {
        let table = self.table(collection);
        let answer = self.client.describe_time_to_live().table_name(&table).send().await;
        let answer = answer.map_err(|failure| self.failure(OPERATION, collection, collection, &failure))?;
        let standing = answer.time_to_live_description;
        let status = standing.as_ref().and_then(|standing| standing.time_to_live_status()).cloned();
        if matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
            let attribute = standing.as_ref().and_then(|standing| standing.attribute_name());
            if attribute == Some(item::EXPIRES_AT) {
                return Ok(());
            }
            let message = format!("the table expires its items by {attribute:?}, not by {:?}", item::EXPIRES_AT);
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        let specification = TimeToLiveSpecification::builder()
            .enabled(true)
            .attribute_name(item::EXPIRES_AT)
            .build()
            .map_err(unbuilt)?;
        self.client
            .update_time_to_live()
            .table_name(table)
            .time_to_live_specification(specification)
            .send()
            .await
            .map(drop)
            .map_err(|failure| self.failure(OPERATION, collection, collection, &failure))
    }

    /// Waits until the table and its indexes are active.
    async fn active(&self, collection: &CollectionName) -> Result<TableDescription> {
        const FIRST_PAUSE: Duration = Duration::from_millis(50);
        const LONGEST_PAUSE: Duration = Duration::from_secs(2);
        let (started, mut pause) = (Instant::now(), FIRST_PAUSE);
        loop {
            let table = self.describe(OPERATION, collection).await?;
            if is_active(&table) {
                return Ok(table);
            }
            if started.elapsed() > ACTIVE_TIMEOUT {
                let message = format!("the table is not active after {} s: try again", ACTIVE_TIMEOUT.as_secs());
                return Err(Error::new(ErrorKind::Unavailable, message));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

fn is_active(table: &TableDescription) -> bool {
    let indexes = table.global_secondary_indexes();
    table.table_status() == Some(&TableStatus::Active)
        && indexes.iter().all(|index| index.index_status() == Some(&IndexStatus::Active))
}

/// Whether the table has a stream that a feed can be read from.
fn has_feed(table: &TableDescription) -> Result<bool> {
    let standing = table.stream_specification().filter(|stream| stream.stream_enabled());
    match standing.map(|stream| stream.stream_view_type()) {
        None => Ok(false),
        Some(Some(StreamViewType::NewImage | StreamViewType::NewAndOldImages)) => Ok(true),
        Some(view) => {
            let view = view.map_or("nothing", StreamViewType::as_str);
            let message = format!(
                "the table's stream shows {view}, but a feed must show new images: disable the stream, and provision again"
            );
            Err(Error::new(ErrorKind::Conflict, message))
        }
    }
}

fn new_images() -> Result<StreamSpecification, BuildError> {
    StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewImage).build()
}

fn check_index(index: &Index) -> Result<()> {
    for name in [item::partition_name(index), item::sort_name(index)] {
        if name.len() > MAX_KEY_NAME_BYTES {
            let message = format!(
                "the index {} is over a field with too long a name: the attribute {name:?} may have {MAX_KEY_NAME_BYTES} \
                 bytes",
                index.name
            );
            return Err(Error::invalid(message));
        }
    }
    Ok(())
}

fn check_keys(table: &TableDescription) -> Result<()> {
    let is_key = |name: &str, kind: &KeyType| {
        let typed = |definition: &AttributeDefinition| {
            definition.attribute_name() == name && *definition.attribute_type() == ScalarAttributeType::S
        };
        table.key_schema().iter().any(|element| element.attribute_name() == name && element.key_type() == kind)
            && table.attribute_definitions().iter().any(typed)
    };
    if is_key(item::PARTITION, &KeyType::Hash) && is_key(item::SORT, &KeyType::Range) {
        return Ok(());
    }
    let message = "a table of this name is there with another key than the texts `partition` and `sort`: use another \
                   prefix of names, or rename it";
    Err(Error::new(ErrorKind::Conflict, message))
}

fn conflict(asked: &Index, standing: &Index) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!(
            "the index {} is there over the fields {:?} and {:?}: give the one over {:?} and {:?} another name",
            asked.name, standing.partition_field, standing.sort_field, asked.partition_field, asked.sort_field
        ),
    )
}

fn definitions(indexes: &[Index]) -> Result<Vec<AttributeDefinition>, BuildError> {
    let keys = [item::PARTITION.to_owned(), item::SORT.to_owned()];
    let placed = indexes.iter().flat_map(|index| [item::partition_name(index), item::sort_name(index)]);
    keys.into_iter()
        .chain(placed)
        .map(|name| AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build())
        .collect()
}

fn index_schema(index: &Index) -> Result<Vec<KeySchemaElement>, BuildError> {
    key_schema(&item::partition_name(index), &item::sort_name(index))
}

fn key_schema(hash: &str, range: &str) -> Result<Vec<KeySchemaElement>, BuildError> {
    [(hash, KeyType::Hash), (range, KeyType::Range)]
        .map(|(name, kind)| KeySchemaElement::builder().attribute_name(name).key_type(kind).build())
        .into_iter()
        .collect()
}

fn keys_only() -> Projection {
    Projection::builder().projection_type(ProjectionType::KeysOnly).build()
}

fn unbuilt(error: BuildError) -> Error {
    Error::new(ErrorKind::Internal, "the request could not be made").caused_by(error)
}
