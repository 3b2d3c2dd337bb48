//! What every decorator is: something done around each call.

use std::sync::Arc;

use crate::Result;
use crate::handles::Ports;

/// What an operation does to the store, and what doing it again does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Nothing: it reads.
    Read,
    /// Something, and doing it again adds nothing: it happens at most once, or twice is as good as once by the port's
    /// contract. What may differ is the answer: the second time it may be refused because of the first.
    Repeatable,
    /// Something that doing it again may add to, or take back from others what they did in between.
    Once,
}

/// A call of a port's operation.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Call<'a> {
    /// The operation, as `port.method`: `documents.put`.
    pub operation: &'static str,
    /// The name of the collection, topic, bucket or secret; empty for a part of an upload. Never a key.
    pub resource: &'a str,
    /// What it does to the store.
    pub effect: Effect,
}

impl<'a> Call<'a> {
    pub(super) const fn new(operation: &'static str, resource: &'a str, effect: Effect) -> Self {
        Self { operation, resource, effect }
    }
}

/// What is done around each call of a port.
pub trait Around: Send + Sync + 'static {
    /// Performs a call: once, several times, or not at all. What is dropped before it ended may have been done.
    ///
    /// The result is that of the port's contract, whatever was done to get it: a write that may have been done is
    /// `Indeterminate`, and one that certainly was not is never.
    fn around<T: Send, F: Future<Output = Result<T>> + Send>(
        &self,
        call: Call<'_>,
        perform: impl Fn() -> F + Send + Sync,
    ) -> impl Future<Output = Result<T>> + Send;

    /// This around every call of a port, such as an `Arc<dyn Documents>`.
    fn over<P: ?Sized>(self, port: Arc<P>) -> Arc<Decorated<Self, P>>
    where
        Self: Sized,
    {
        Arc::new(Decorated { around: self, port })
    }

    /// This around every call of documents, messages, blobs and secrets.
    #[must_use]
    fn over_all(self, ports: Ports) -> Ports
    where
        Self: Sized + Clone,
    {
        Ports {
            documents: self.clone().over(ports.documents),
            messages: self.clone().over(ports.messages),
            blobs: self.clone().over(ports.blobs),
            signer: self.clone().over(ports.signer),
            secrets: self.over(ports.secrets),
            ..ports
        }
    }
}

/// A port, and what is done around its calls: a port of the same sort.
#[derive(Debug)]
pub struct Decorated<A, P: ?Sized> {
    pub(super) around: A,
    pub(super) port: Arc<P>,
}
