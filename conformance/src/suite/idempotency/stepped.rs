//! Documents that a check steps in front of, call by call.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyport_ports::documents::{
    Condition, Document, Documents, IndexQuery, Key, Keys, Page, Put, Query, Transaction, Version,
};
use anyport_ports::{CollectionName, Error, ErrorKind, Result};
use async_trait::async_trait;
use futures_util::future::BoxFuture;

/// What happens to a call.
pub(super) enum Step {
    /// It is made.
    Pass,
    /// First something else happens.
    After(BoxFuture<'static, ()>),
    /// It is made, and its answer does not come.
    Unanswered,
    /// It is not made, and its caller cannot know that.
    Lost,
}

/// Documents whose next calls, reads and writes alike, go as was planned, and all later ones as ever, or not at all.
pub(super) struct Stepped {
    sound: Arc<dyn Documents>,
    plan: Mutex<VecDeque<Step>>,
    gone_after: bool,
    calls: AtomicUsize,
}

impl Stepped {
    /// The next calls go like this.
    pub(super) fn planned(sound: &Arc<dyn Documents>, plan: impl IntoIterator<Item = Step>) -> Arc<Self> {
        let plan = Mutex::new(plan.into_iter().collect());
        Arc::new(Self { sound: Arc::clone(sound), plan, gone_after: false, calls: AtomicUsize::new(0) })
    }

    /// As a process sees the store whose last call, after so many others, is this one.
    pub(super) fn ending(sound: &Arc<dyn Documents>, calls: usize, last: Step) -> Arc<Self> {
        let mut plan: VecDeque<Step> = (0..calls).map(|_| Step::Pass).collect();
        plan.push_back(last);
        let (plan, calls) = (Mutex::new(plan), AtomicUsize::new(0));
        Arc::new(Self { sound: Arc::clone(sound), plan, gone_after: true, calls })
    }

    /// How many calls there were.
    pub(super) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    async fn step<T>(&self, is_write: bool, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let step = self.plan.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let lost = if is_write { ErrorKind::Indeterminate } else { ErrorKind::Unavailable };
        match step {
            Some(Step::After(other)) => {
                other.await;
                return call.await;
            }
            Some(Step::Unanswered) => drop(call.await),
            Some(Step::Lost) => {}
            None if self.gone_after => {
                return Err(Error::new(ErrorKind::Unavailable, "the process has no connection any more"));
            }
            Some(Step::Pass) | None => return call.await,
        }
        Err(Error::new(lost, "no answer came"))
    }
}

#[async_trait]
impl Documents for Stepped {
    async fn get(&self, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        self.step(false, self.sound.get(collection, key)).await
    }

    async fn get_many(&self, collection: &CollectionName, keys: &Keys) -> Result<Vec<Option<Document>>> {
        self.step(false, self.sound.get_many(collection, keys)).await
    }

    async fn put(&self, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        self.step(true, self.sound.put(collection, key, put)).await
    }

    async fn delete(&self, collection: &CollectionName, key: &Key, condition: &Condition) -> Result<()> {
        self.step(true, self.sound.delete(collection, key, condition)).await
    }

    async fn query(&self, collection: &CollectionName, query: &Query) -> Result<Page> {
        self.step(false, self.sound.query(collection, query)).await
    }

    async fn query_index(&self, collection: &CollectionName, query: &IndexQuery) -> Result<Page> {
        self.step(false, self.sound.query_index(collection, query)).await
    }

    async fn transact(&self, collection: &CollectionName, transaction: &Transaction) -> Result<Vec<Version>> {
        self.step(true, self.sound.transact(collection, transaction)).await
    }
}
