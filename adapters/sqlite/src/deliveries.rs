//! Queues as rows: what a subscription has to deliver, and what settles it.

use anyport_ports::messages::{
    Delay, Delivery, Lease, Message, Outgoing, Receipt, Receive, Subscription, bounded_reason,
};
use anyport_ports::{Error, ErrorKind, Timestamp, TopicName};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::error::Work;
use crate::writer::next_number;

/// A subscription's own queue or that of its dead letters.
#[derive(Clone, Copy)]
pub(crate) struct Queue {
    subscription: i64,
    /// Deliveries before a message goes to the dead letters.
    pub(crate) max_attempts: i64,
    dead: bool,
}

/// The queue of a subscription; `NotFound` if it was never provisioned.
pub(crate) fn queue(connection: &Connection, subscription: &Subscription) -> Work<Queue> {
    let mut statement = connection.prepare_cached(
        "SELECT s.id, s.max_attempts FROM subscriptions s JOIN topics t ON t.id = s.topic
         WHERE t.name = ?1 AND s.name = ?2",
    )?;
    let dead = subscription.is_dead_letters();
    let found = statement
        .query_row([subscription.topic().as_str(), subscription.name()], |row| {
            Ok(Queue { subscription: row.get(0)?, max_attempts: row.get(1)?, dead })
        })
        .optional()?;
    found.ok_or_else(|| Error::new(ErrorKind::NotFound, "the subscription does not exist: provision it").into())
}

/// Puts messages into the queue of every subscription of a topic; `NotFound` if it was never provisioned.
pub(crate) fn publish(connection: &Connection, topic: &TopicName, entries: &[Outgoing], now: Timestamp) -> Work<()> {
    let mut find = connection.prepare_cached("SELECT id FROM topics WHERE name = ?1")?;
    let topic: Option<i64> = find.query_row([topic.as_str()], |row| row.get(0)).optional()?;
    let Some(topic) = topic else {
        return Err(Error::new(ErrorKind::NotFound, "the topic does not exist: provision it").into());
    };
    let mut store = connection.prepare_cached("INSERT INTO messages (event) VALUES (?1)")?;
    let mut deliver = connection.prepare_cached(
        "INSERT INTO deliveries (subscription, message, available_at) SELECT id, ?1, ?2 FROM subscriptions WHERE topic = ?3",
    )?;
    for entry in entries {
        store.execute([entry.message.to_cloud_event()])?;
        let message = connection.last_insert_rowid();
        let reached = deliver.execute(params![message, now.plus(entry.delay).as_millis(), topic])?;
        if reached == 0 {
            forget(connection, message)?;
        }
    }
    Ok(())
}

/// Whether receiving from the queue would find anything.
pub(crate) fn has_due(connection: &Connection, queue: Queue, now: Timestamp) -> Work<bool> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM deliveries WHERE subscription = ?1 AND available_at <= ?2
                        AND (dead = ?3 OR (dead = 0 AND attempt >= ?4)) AND dead IN (0, 1))",
    )?;
    let wanted = params![queue.subscription, now.as_millis(), queue.dead, queue.max_attempts];
    Ok(statement.query_row(wanted, |row| row.get(0))?)
}

/// Takes messages that are due, under a lease.
pub(crate) fn take(connection: &Connection, queue: Queue, receive: Receive, now: Timestamp) -> Work<Vec<Delivery>> {
    give_up_exhausted(connection, queue, now)?;
    let mut due = connection.prepare_cached(
        "SELECT d.id, d.attempt + 1, d.reason, m.event FROM deliveries d JOIN messages m ON m.id = d.message
         WHERE d.subscription = ?1 AND d.dead = ?2 AND d.available_at <= ?3 ORDER BY d.available_at, d.id LIMIT ?4",
    )?;
    let wanted = params![queue.subscription, queue.dead, now.as_millis(), count(receive.max())];
    let found = due.query_and_then(wanted, |row| -> Work<(i64, u32, Option<String>, String)> {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?;
    let found = found.collect::<Work<Vec<_>>>()?;
    let mut lease = connection
        .prepare_cached("UPDATE deliveries SET attempt = ?2, receipt = ?3, available_at = ?4 WHERE id = ?1")?;
    let until = now.plus(receive.lease()).as_millis();
    let mut deliveries = Vec::new();
    for (id, attempt, dead_letter_reason, event) in found {
        let receipt = next_number(connection)?;
        lease.execute(params![id, attempt, receipt, until])?;
        let message = Message::from_cloud_event(&event)?;
        deliveries.push(Delivery { message, receipt: Handle { id, receipt }.receipt(), attempt, dead_letter_reason });
    }
    Ok(deliveries)
}

/// Moves what was delivered as often as it may be, and is not held any more, to the dead letters.
fn give_up_exhausted(connection: &Connection, queue: Queue, now: Timestamp) -> Work<()> {
    let mut statement = connection.prepare_cached(
        "UPDATE deliveries SET dead = 1, attempt = 0, receipt = NULL,
                reason = 'attempts exhausted: delivered ' || attempt || ' times'
         WHERE subscription = ?1 AND dead = 0 AND available_at <= ?2 AND attempt >= ?3",
    )?;
    statement.execute(params![queue.subscription, now.as_millis(), queue.max_attempts])?;
    Ok(())
}

/// Settles a delivery for good, if its receipt is the latest.
pub(crate) fn acknowledge(connection: &Connection, queue: Queue, receipt: &Receipt) -> Work<()> {
    let Some(handle) = Handle::parse(receipt) else { return Ok(()) };
    let mut statement = connection.prepare_cached(
        "DELETE FROM deliveries WHERE id = ?1 AND receipt = ?2 AND subscription = ?3 AND dead = ?4 RETURNING message",
    )?;
    let wanted = params![handle.id, handle.receipt, queue.subscription, queue.dead];
    match statement.query_row(wanted, |row| row.get(0)).optional()? {
        Some(message) => forget(connection, message),
        None => Ok(()),
    }
}

/// Gives a delivery back for later, if its receipt is the latest, which it then is no more. After the last attempt there
/// is no delivery left to hold back: it is a dead letter at once.
pub(crate) fn give_back(
    connection: &Connection,
    queue: Queue,
    receipt: &Receipt,
    delay: Delay,
    now: Timestamp,
) -> Work<()> {
    let Some(handle) = Handle::parse(receipt) else { return Ok(()) };
    let mut statement = connection.prepare_cached(
        "UPDATE deliveries SET receipt = NULL, available_at = iif(dead = 0 AND attempt >= ?6, ?7, ?5)
         WHERE id = ?1 AND receipt = ?2 AND subscription = ?3 AND dead = ?4",
    )?;
    let until = now.plus(delay.length()).as_millis();
    let (max_attempts, now) = (queue.max_attempts, now.as_millis());
    statement.execute(params![handle.id, handle.receipt, queue.subscription, queue.dead, until, max_attempts, now])?;
    Ok(())
}

/// Lets a lease run from now, if its receipt is the latest.
pub(crate) fn extend(
    connection: &Connection,
    queue: Queue,
    receipt: &Receipt,
    lease: Lease,
    now: Timestamp,
) -> Work<()> {
    let Some(handle) = Handle::parse(receipt) else { return Ok(()) };
    let mut statement = connection.prepare_cached(
        "UPDATE deliveries SET available_at = ?5 WHERE id = ?1 AND receipt = ?2 AND subscription = ?3 AND dead = ?4",
    )?;
    let until = now.plus(lease.length()).as_millis();
    statement.execute(params![handle.id, handle.receipt, queue.subscription, queue.dead, until])?;
    Ok(())
}

/// Moves a delivery to the dead letters, if its receipt is the latest. One that is there already stays, with the reason
/// that it came with.
pub(crate) fn bury(connection: &Connection, queue: Queue, receipt: &Receipt, reason: &str, now: Timestamp) -> Work<()> {
    let Some(handle) = Handle::parse(receipt) else { return Ok(()) };
    let mut statement = connection.prepare_cached(
        "UPDATE deliveries SET dead = 1, attempt = iif(dead, attempt, 0), receipt = NULL, available_at = ?5,
                reason = iif(dead, reason, ?6)
         WHERE id = ?1 AND receipt = ?2 AND subscription = ?3 AND dead = ?4",
    )?;
    let reason = bounded_reason(reason);
    let wanted = params![handle.id, handle.receipt, queue.subscription, queue.dead, now.as_millis(), reason];
    statement.execute(wanted)?;
    Ok(())
}

/// Puts dead letters that nobody holds back into their subscription, the longest dead first; how many.
pub(crate) fn redrive(connection: &Connection, queue: Queue, max: usize, now: Timestamp) -> Work<usize> {
    give_up_exhausted(connection, queue, now)?;
    let mut statement = connection.prepare_cached(
        "UPDATE deliveries SET dead = 0, attempt = 0, receipt = NULL, reason = NULL, available_at = ?2 WHERE id IN
         (SELECT id FROM deliveries WHERE subscription = ?1 AND dead = 1 AND (available_at <= ?2 OR receipt IS NULL)
          ORDER BY available_at, id LIMIT ?3)",
    )?;
    Ok(statement.execute(params![queue.subscription, now.as_millis(), count(max)])?)
}

/// Deletes a message that no subscription has to deliver any more.
fn forget(connection: &Connection, message: i64) -> Work<()> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM messages WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM deliveries WHERE message = ?1)",
    )?;
    statement.execute([message])?;
    Ok(())
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// What a receipt says: which row, and which delivery of it.
struct Handle {
    id: i64,
    receipt: i64,
}

impl Handle {
    fn receipt(&self) -> Receipt {
        Receipt::new(format!("{:x}-{:x}", self.id, self.receipt))
    }

    /// `None` for a text that no store made: it settles nothing, like one that is stale.
    fn parse(receipt: &Receipt) -> Option<Self> {
        let (id, receipt) = receipt.as_str().split_once('-')?;
        Some(Self { id: i64::from_str_radix(id, 16).ok()?, receipt: i64::from_str_radix(receipt, 16).ok()? })
    }
}
