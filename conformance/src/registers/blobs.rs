//! Blobs below one prefix as registers. Every write carries a value of its own, and so an etag of its own.

use std::sync::Arc;

use anyport_ports::blobs::{BlobCondition, BlobName, BlobRange, Blobs, Etag, PutBlob};
use anyport_ports::{Error, ErrorKind, Result};
use async_trait::async_trait;

use super::Registers;
use crate::linearizability::{Action, Condition};
use crate::suite::FILES;

pub(crate) struct BlobRegisters {
    pub(crate) blobs: Arc<dyn Blobs>,
    pub(crate) prefix: String,
}

impl BlobRegisters {
    fn name(&self, key: &str) -> Result<BlobName> {
        BlobName::new(format!("{}/{key}", self.prefix))
    }
}

#[async_trait]
impl Registers for BlobRegisters {
    async fn get(&self, key: &str) -> Result<Option<(u64, String)>> {
        let blob = match self.blobs.get(&FILES, &self.name(key)?, BlobRange::All).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            found => found?,
        };
        let version = blob.info.etag.as_str().to_owned();
        let bytes = blob.bytes(64).await?;
        let value = std::str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok());
        let value = value.ok_or_else(|| Error::new(ErrorKind::Internal, "a blob holds what nobody wrote"))?;
        Ok(Some((value, version)))
    }

    async fn put(&self, key: &str, value: u64, condition: &Condition) -> Result<String> {
        let condition = match condition {
            Condition::Version(etag) => BlobCondition::Matches(Etag::new(etag)),
            Condition::Absent => BlobCondition::Absent,
            Condition::Always | Condition::Present => BlobCondition::Always,
        };
        let put = PutBlob::new("text/plain", value.to_string())?.when(condition);
        Ok(self.blobs.put(&FILES, &self.name(key)?, &put).await?.as_str().to_owned())
    }

    async fn delete(&self, key: &str, _condition: &Condition) -> Result<()> {
        self.blobs.delete(&FILES, &self.name(key)?).await
    }

    /// Creates and compare-and-swaps only: the port promises no order of other writes that are tried again.
    fn choose(&self, draw: u32, value: u64, guess: Condition) -> Action {
        match draw {
            0..35 => Action::Get,
            35..50 => Action::Put { value, condition: Condition::Absent },
            _ => Action::Put { value, condition: guess },
        }
    }
}
