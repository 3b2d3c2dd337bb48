//! Documents of one partition as registers.

use std::sync::Arc;

use anyport_ports::Result;
use anyport_ports::documents::{
    Body, Condition as PortCondition, Documents, Key, Partition, Put, Transaction, Version,
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Registers;
use crate::linearizability::{Action, Condition};
use crate::suite::THINGS;

pub(crate) struct DocumentRegisters {
    pub(crate) documents: Arc<dyn Documents>,
    pub(crate) partition: Partition,
}

/// The content of every document.
#[derive(Serialize, Deserialize)]
struct Content {
    value: u64,
}

impl DocumentRegisters {
    fn key(&self, key: &str) -> Result<Key> {
        self.partition.key(key)
    }

    pub(super) async fn put_together(&self, writes: &[(String, u64, Condition)]) -> Result<Vec<String>> {
        let mut transaction = Transaction::in_partition(self.partition.clone());
        for (key, value, condition) in writes {
            transaction = transaction.put(key.as_str(), put(*value, condition)?)?;
        }
        let versions = self.documents.transact(&THINGS, &transaction).await?;
        Ok(versions.iter().map(|version| version.as_str().to_owned()).collect())
    }
}

fn put(value: u64, condition: &Condition) -> Result<Put> {
    Ok(Put::new(Body::of(&Content { value })?).when(port_condition(condition)))
}

fn port_condition(condition: &Condition) -> PortCondition {
    match condition {
        Condition::Always => PortCondition::Always,
        Condition::Absent => PortCondition::Absent,
        Condition::Present => PortCondition::Present,
        Condition::Version(version) => PortCondition::Version(Version::new(version)),
    }
}

#[async_trait]
impl Registers for DocumentRegisters {
    async fn get(&self, key: &str) -> Result<Option<(u64, String)>> {
        let Some(document) = self.documents.get(&THINGS, &self.key(key)?).await? else { return Ok(None) };
        let Content { value } = document.body.parse()?;
        Ok(Some((value, document.version.as_str().to_owned())))
    }

    async fn put(&self, key: &str, value: u64, condition: &Condition) -> Result<String> {
        let version = self.documents.put(&THINGS, &self.key(key)?, &put(value, condition)?).await?;
        Ok(version.as_str().to_owned())
    }

    async fn delete(&self, key: &str, condition: &Condition) -> Result<()> {
        self.documents.delete(&THINGS, &self.key(key)?, &port_condition(condition)).await
    }

    fn choose(&self, draw: u32, value: u64, guess: Condition) -> Action {
        match draw {
            0..30 => Action::Get,
            30..45 => Action::Put { value, condition: Condition::Always },
            45..57 => Action::Put { value, condition: Condition::Absent },
            57..62 => Action::Put { value, condition: Condition::Present },
            62..82 => Action::Put { value, condition: guess },
            82..88 => Action::Delete { condition: Condition::Always },
            88..90 => Action::Delete { condition: Condition::Present },
            _ => Action::Delete { condition: guess },
        }
    }
}
