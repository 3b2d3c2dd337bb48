//! The one writer of a store: a thread that commits what waits together (group commit).
//!
//! A commit costs a synchronisation of the disk, whatever it holds. While one runs, writes queue up; the next commit
//! takes them all. Each runs in a savepoint of its own, so that one that fails leaves the others, and each is answered
//! only after the commit.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use anyport_ports::{Error, ErrorKind, Result};
use rusqlite::{Connection, ffi};
use tokio::sync::oneshot;

use crate::error::{Fault, Moment, Work, of_io, of_sqlite};

/// Most writes in one commit: bounds how long the first waits for the last.
const MAX_GROUP: usize = 64;

/// The queue to the writing thread, which ends when this is dropped.
pub(crate) struct Writer {
    queue: Sender<Box<dyn Write>>,
}

impl Writer {
    /// Starts the thread on this connection.
    pub(crate) fn start(connection: Connection) -> Result<Self> {
        let (queue, writes) = channel();
        thread::Builder::new()
            .name("anyport-sqlite".to_owned())
            .spawn(move || serve(&connection, &writes))
            .map_err(|error| of_io(error, "the writing thread cannot be started"))?;
        Ok(Self { queue })
    }

    /// Runs `work` in a transaction and answers once it is committed; work that fails writes nothing.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Work<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let write = Pending { work: Some(work), result: None, reply };
        self.queue
            .send(Box::new(write))
            .map_err(|_| Error::new(ErrorKind::Unavailable, "the writing thread has ended: open the store anew"))?;
        answer.await.unwrap_or_else(|_| {
            Err(Error::new(
                ErrorKind::Indeterminate,
                "the writing thread ended before it answered: open the store anew",
            ))
        })
    }
}

/// A write, whatever the type of its result.
trait Write: Send {
    /// Does the work inside a savepoint; whether to keep what it wrote.
    fn run(&mut self, connection: &Connection) -> bool;

    /// Answers who asked: with the result of the work if the group was committed, else with why not.
    fn answer(self: Box<Self>, committed: Result<()>);
}

struct Pending<F, T> {
    work: Option<F>,
    result: Option<Work<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<F, T> Write for Pending<F, T>
where
    T: Send,
    F: FnOnce(&Connection) -> Work<T> + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        self.result = self.work.take().map(|work| work(connection));
        matches!(self.result, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, committed: Result<()>) {
        let Self { result, reply, .. } = *self;
        let not_run = || Err(Error::new(ErrorKind::Unavailable, "the write was not run").into());
        // A condition may have failed on what an earlier write of the group wrote, so a failure, too, counts only once
        // the group is committed.
        let answer = committed.and_then(|()| result.unwrap_or_else(not_run).map_err(Error::from));
        // Nobody waits if the caller gave up: the write stands all the same.
        let _ = reply.send(answer);
    }
}

fn serve(connection: &Connection, queue: &Receiver<Box<dyn Write>>) {
    while let Ok(first) = queue.recv() {
        let mut group = vec![first];
        let outcome = commit(connection, &mut group, queue);
        if !connection.is_autocommit() {
            // The transaction that failed must not hold up the next one; if even this fails, the next one says so.
            let _ = connection.execute_batch("ROLLBACK");
        }
        for write in group {
            write.answer(match &outcome {
                Ok(()) => Ok(()),
                Err((error, moment)) => Err(of_sqlite(error, *moment)),
            });
        }
    }
}

fn commit(
    connection: &Connection,
    group: &mut Vec<Box<dyn Write>>,
    queue: &Receiver<Box<dyn Write>>,
) -> Result<(), (rusqlite::Error, Moment)> {
    let before = |error| (error, Moment::BeforeCommit);
    // IMMEDIATE: the lock is taken before anything is read, so that no snapshot turns out stale when it is written to.
    connection.execute_batch("BEGIN IMMEDIATE").map_err(before)?;
    for next in 0..MAX_GROUP {
        if next == group.len() {
            let Ok(write) = queue.try_recv() else { break };
            group.push(write);
        }
        savepoint(connection, &mut *group[next]).map_err(before)?;
    }
    connection.execute_batch("COMMIT").map_err(|error| (error, Moment::AtCommit))
}

fn savepoint(connection: &Connection, write: &mut dyn Write) -> rusqlite::Result<()> {
    connection.execute_batch("SAVEPOINT one")?;
    let keep = write.run(connection);
    if connection.is_autocommit() {
        // A full disk or a failing one makes SQLite roll back the whole transaction, the writes before included.
        return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_ABORT), None));
    }
    connection.execute_batch(if keep { "RELEASE one" } else { "ROLLBACK TO one; RELEASE one" })
}

/// The next number of the store's one counter, which only ever rises.
pub(crate) fn next_number(connection: &Connection) -> Result<i64, Fault> {
    let mut statement = connection.prepare_cached("UPDATE sequence SET value = value + 1 RETURNING value")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer(path: &std::path::Path) -> Writer {
        let connection = Connection::open(path).unwrap();
        connection.execute_batch("CREATE TABLE IF NOT EXISTS numbers (n INTEGER UNIQUE) STRICT").unwrap();
        Writer::start(connection).unwrap()
    }

    async fn add(writer: &Writer, n: i64) -> Result<()> {
        let refuse = move |connection: &Connection| {
            connection.execute("INSERT INTO numbers VALUES (?1)", [n])?;
            if n % 2 == 1 { Err(Error::invalid("odd").into()) } else { Ok(()) }
        };
        writer.write(refuse).await
    }

    #[tokio::test]
    async fn what_fails_in_a_group_leaves_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers");
        let writer = writer(&path);
        let results = futures_util::future::join_all((0..200).map(|n| add(&writer, n))).await;
        for (n, result) in results.iter().enumerate() {
            assert_eq!(result.as_ref().err().map(Error::kind), (n % 2 == 1).then_some(ErrorKind::InvalidInput), "{n}");
        }
        let connection = Connection::open(&path).unwrap();
        let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT count(*) FROM numbers"), 100);
        assert_eq!(count("SELECT count(*) FROM numbers WHERE n % 2 = 1"), 0);
    }

    #[tokio::test]
    async fn a_transaction_rolled_back_by_sqlite_fails_and_the_next_one_works() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(&folder.path().join("numbers"));
        let broken = writer
            .write(|connection| {
                connection.execute_batch("INSERT INTO numbers VALUES (10); ROLLBACK")?;
                Ok(())
            })
            .await;
        assert_eq!(broken.unwrap_err().kind(), ErrorKind::Unavailable);
        assert!(add(&writer, 10).await.is_ok(), "what was rolled back is not there");
    }
}
