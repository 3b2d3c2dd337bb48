//! Messages on streams and consumer groups.
//!
//! # Keys
//!
//! All keys of the topic `orders` lie in one slot of a cluster, by the name in braces; a prefix of the settings comes
//! before everything. For the subscription `fulfil`:
//!
//! | key | kind | holds |
//! |---|---|---|
//! | `anyport:messages:{orders}` | hash | each subscription and its attempts; `:sequence`, which numbers delayed messages |
//! | `anyport:messages:{orders}:fulfil` | stream | its messages, with one consumer group, `subscription` |
//! | `anyport:messages:{orders}:fulfil:delayed` | sorted set | messages held back, by when they fall due |
//! | `anyport:messages:{orders}:fulfil:leases` | sorted set | receipts of what is held, by the end of the lease |
//! | `anyport:messages:{orders}:fulfil:final-leases` | sorted set | the same of what is held for the last time |
//! | `anyport:messages:{orders}:fulfil:dead` | stream | its dead letters, with a group of the same name |
//! | `anyport:messages:{orders}:fulfil:dead:delayed`, `...:dead:leases` | sorted sets | as above, of the dead letters |
//!
//! An entry of a stream has the fields `event` (the message as CloudEvents JSON), `attempts` (deliveries before this
//! entry) and, in dead letters, `reason`: `XRANGE anyport:messages:{orders}:fulfil:dead - +` shows what was given up and why.
//!
//! # How it works
//!
//! Each operation is one Lua script by the server's clock, so that it is done whole or not at all, and none does more than
//! a bounded amount of work. A publish adds the message to the stream of every subscription. A receive moves what has
//! fallen due to the stream, claims what lost its consumer (`XCLAIM`), and takes what is new (`XREADGROUP`); the group
//! counts the deliveries. What is settled leaves group and stream (`XACK`, `XDEL`), so that memory holds only what is
//! still to be done. What is given back goes to the end of the stream, and so does not stand in the way of the others.
//!
//! The streams' own idle time is not used for leases: each delivery has a lease of its own length, and finding the ones
//! that are over would mean going through all that are held. Nor are consumers' names, which would pile up in the group
//! with every process that comes and goes: the group has one consumer, and a receipt is the entry's id with a token that
//! is new for each delivery.
//!
//! A consumer that waits looks again, up to twenty times a second, rather than blocking in the server: the connection is
//! shared with everybody else's requests, and no blocking command knows of ends of leases and delays.
//!
//! # What Redis promises
//!
//! At least once, for as long as the server keeps what it has acknowledged. It acknowledges a write before a replica has
//! it, and with `appendfsync everysec` before the disk has it: **a failover or a crash may lose the last second's
//! publishes, and may bring back messages that were settled**. Nothing here calls `WAIT`, which narrows that gap and does
//! not close it. Where every message counts, keep it elsewhere as well (as in an outbox), or choose another adapter.
//! `maxmemory-policy` must be `noeviction`: any other may throw a whole stream away. At `maxmemory` a publish is
//! `Throttled`.

mod attempts;
mod keys;
mod provision;
mod publish;
mod receive;
mod scripts;

use std::time::Duration;

use anyport_ports::messages::{
    Batch, Delay, Delivery, Lease, Messages, Outgoing, Receipt, Receive, Subscription, bounded_reason,
};
use anyport_ports::{Error, ErrorKind, Result, TopicName};
use async_trait::async_trait;
use redis::{Cmd, FromRedisValue};

use self::attempts::Repeat;
use crate::script::Script;
use crate::store::RedisStore;

pub(crate) use self::provision::provision;
pub(crate) use self::publish::Subscribers;

/// Dead letters that one script drives back: it holds up everybody else for as long as it copies them.
const REDRIVE_AT_ONCE: usize = 50;

/// No receipt of this adapter is longer, in bytes.
const MAX_RECEIPT_BYTES: usize = 64;

#[async_trait]
impl Messages for RedisStore {
    /// All entries are accepted, or none.
    async fn publish(&self, topic: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        let done = publish::publish(self, topic, batch.as_slice()).await;
        done.map_err(|error| error.during("messages.publish", topic))?;
        Ok(batch.as_slice().iter().map(|_| Ok(())).collect())
    }

    async fn receive(&self, subscription: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let received = receive::receive(self, subscription, receive).await;
        received.map_err(|error| error.during("messages.receive", subscription))
    }

    async fn ack(&self, subscription: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        let mut call = self.call(&scripts::ACK, subscription);
        for receipt in receipts.as_slice() {
            call.arg(known(receipt));
        }
        self.settle("messages.ack", &scripts::ACK, &call, subscription).await?;
        Ok(receipts.as_slice().iter().map(|_| Ok(())).collect())
    }

    async fn nack(&self, subscription: &Subscription, receipt: &Receipt, delay: Delay) -> Result<()> {
        let mut call = self.call(&scripts::NACK, subscription);
        call.arg(known(receipt)).arg(millis(delay.length()));
        self.settle("messages.nack", &scripts::NACK, &call, subscription).await
    }

    async fn extend(&self, subscription: &Subscription, receipt: &Receipt, lease: Lease) -> Result<()> {
        let mut call = self.call(&scripts::EXTEND, subscription);
        call.arg(known(receipt)).arg(millis(lease.length()));
        self.settle("messages.extend", &scripts::EXTEND, &call, subscription).await
    }

    async fn dead_letter(&self, subscription: &Subscription, receipt: &Receipt, reason: &str) -> Result<()> {
        let mut call = self.call(&scripts::DEAD_LETTER, subscription);
        call.arg(known(receipt)).arg(bounded_reason(reason));
        self.settle("messages.dead_letter", &scripts::DEAD_LETTER, &call, subscription).await
    }

    async fn redrive(&self, subscription: &Subscription, max: usize) -> Result<usize> {
        let mut moved = 0;
        while moved < max {
            let wanted = REDRIVE_AT_ONCE.min(max - moved);
            let mut call = self.call(&scripts::REDRIVE, subscription);
            call.arg(wanted);
            match self.answer::<usize>(&scripts::REDRIVE, &call, Repeat::Harmful).await {
                Ok(some) if some < wanted => return Ok(moved + some),
                Ok(some) => moved += some,
                // Refused half way: what was moved until now is what the caller has to know.
                Err(error) if moved > 0 && error.kind() != ErrorKind::Indeterminate => break,
                Err(error) => return Err(error.during("messages.redrive", subscription)),
            }
        }
        Ok(moved)
    }
}

impl RedisStore {
    /// A call of a script of this subscription, to which its own arguments are added.
    fn call(&self, script: &Script, subscription: &Subscription) -> Cmd {
        let mut call = script.on(&keys::queue(&self.naming, subscription));
        call.arg(subscription.name()).arg(u8::from(subscription.is_dead_letters()));
        call
    }

    /// The answer of such a script; `NotFound` if the subscription was never provisioned.
    async fn answer<T: FromRedisValue>(&self, script: &Script, call: &Cmd, repeat: Repeat) -> Result<T> {
        let answer: Option<T> = attempts::run(&self.connection, script, call, repeat).await?;
        answer.ok_or_else(|| Error::new(ErrorKind::NotFound, "the subscription does not exist: provision it first"))
    }

    /// Runs a script that settles what a receipt names. Its receipt is stale once that was done, so doing it again does
    /// nothing.
    async fn settle(
        &self,
        operation: &'static str,
        script: &Script,
        call: &Cmd,
        subscription: &Subscription,
    ) -> Result<()> {
        let settled: Result<u8> = self.answer(script, call, Repeat::Harmless).await;
        settled.map(drop).map_err(|error| error.during(operation, subscription))
    }
}

/// The receipt as the scripts look it up. A text that is too long to be one is none, like every other that is stale.
fn known(receipt: &Receipt) -> &str {
    let text = receipt.as_str();
    if text.len() <= MAX_RECEIPT_BYTES { text } else { "" }
}

/// Whole milliseconds, rounded up: nothing is early by what is cut off.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
