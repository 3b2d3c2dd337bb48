//! Running futures step by step: one operation of the store is one step.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use anyport_memory::Memory;
use anyport_ports::documents::{
    Condition, Document, Documents, IndexQuery, Key, Keys, Page, Put, Query, Transaction, Version,
};
use anyport_ports::{CollectionName, Error, ErrorKind, Result};
use async_trait::async_trait;

/// More steps than any use case takes.
const ENOUGH: usize = 10_000;

/// What befalls the operations on [`Stepped`] documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Nothing.
    Well,
    /// The process dies after so many operations: none later reaches the store.
    CrashAfter(usize),
    /// The answer to the operation of this number, from 0, is lost if it is a write.
    LoseAnswer(usize),
}

/// Documents that let others go first before each operation.
pub(crate) struct Stepped {
    inner: Memory,
    plan: Plan,
    done: AtomicUsize,
}

impl Stepped {
    pub(crate) fn new(inner: Memory, plan: Plan) -> Arc<Self> {
        Arc::new(Self { inner, plan, done: AtomicUsize::new(0) })
    }

    /// How many operations were asked for.
    pub(crate) fn operations(&self) -> usize {
        self.done.load(Ordering::SeqCst)
    }

    /// One step: gives the number of the operation, unless the process is dead by now.
    async fn step(&self) -> Result<usize> {
        let mut waited = false;
        poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
        let number = self.done.fetch_add(1, Ordering::SeqCst);
        match self.plan {
            Plan::CrashAfter(steps) if number >= steps => Err(Error::new(ErrorKind::Unavailable, "crashed")),
            _ => Ok(number),
        }
    }

    async fn write<T>(&self, write: impl Future<Output = Result<T>>) -> Result<T> {
        let number = self.step().await?;
        let outcome = write.await;
        if self.plan == Plan::LoseAnswer(number) {
            return Err(Error::new(ErrorKind::Indeterminate, "the answer was lost"));
        }
        outcome
    }
}

#[async_trait]
impl Documents for Stepped {
    async fn get(&self, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        self.step().await?;
        self.inner.get(collection, key).await
    }

    async fn get_many(&self, collection: &CollectionName, keys: &Keys) -> Result<Vec<Option<Document>>> {
        self.step().await?;
        self.inner.get_many(collection, keys).await
    }

    async fn put(&self, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        self.write(self.inner.put(collection, key, put)).await
    }

    async fn delete(&self, collection: &CollectionName, key: &Key, condition: &Condition) -> Result<()> {
        self.write(self.inner.delete(collection, key, condition)).await
    }

    async fn query(&self, collection: &CollectionName, query: &Query) -> Result<Page> {
        self.step().await?;
        self.inner.query(collection, query).await
    }

    async fn query_index(&self, collection: &CollectionName, query: &IndexQuery) -> Result<Page> {
        self.step().await?;
        self.inner.query_index(collection, query).await
    }

    async fn transact(&self, collection: &CollectionName, transaction: &Transaction) -> Result<Vec<Version>> {
        self.write(self.inner.transact(collection, transaction)).await
    }
}

/// A future that is run a few steps at a time.
pub(crate) struct Stepping<'a, T> {
    future: Pin<Box<dyn Future<Output = T> + 'a>>,
    output: Option<T>,
}

impl<'a, T> Stepping<'a, T> {
    pub(crate) fn new(future: impl Future<Output = T> + 'a) -> Self {
        Self { future: Box::pin(future), output: None }
    }

    /// Runs at most so many steps; whether it is done.
    pub(crate) fn run(&mut self, steps: usize) -> bool {
        for _ in 0..steps {
            if self.output.is_some() {
                return true;
            }
            if let Poll::Ready(output) = self.future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                self.output = Some(output);
            }
        }
        self.output.is_some()
    }

    /// Runs to the end.
    pub(crate) fn finish(mut self) -> T {
        assert!(self.run(ENOUGH), "it does not end");
        self.output.expect("it is done")
    }
}

/// Runs a future to its end.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    for _ in 0..ENOUGH {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
    panic!("it does not end")
}

/// Runs several futures to their end, one step of one of them at a time, in an order that `seed` determines.
pub(crate) fn interleave<T>(futures: Vec<Stepping<'_, T>>, seed: u64) -> Vec<T> {
    let mut futures = futures;
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..ENOUGH {
        let waiting: Vec<usize> = (0..futures.len()).filter(|n| futures[*n].output.is_none()).collect();
        if waiting.is_empty() {
            break;
        }
        futures[waiting[next(waiting.len())]].run(1);
    }
    futures.into_iter().map(Stepping::finish).collect()
}
