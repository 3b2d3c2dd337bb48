//! The parameters, before the handler.

use std::sync::Arc;
use std::task::{Context, Poll};

use anyport_ports::handles::Ports;
use tower::{Layer, Service};

use super::call::{Admitted, Validated};
use super::{Around, Decode, InOrder, Inner, Kind};
use crate::function::{BoxFuture, Idempotent};
use crate::workload::PreparedFunction;

pub(super) struct ValidationLayer<K: Kind> {
    decode: Decode<K>,
    ports: Ports,
    idempotent: Option<Arc<Idempotent>>,
}

impl<K: Kind> ValidationLayer<K> {
    pub(super) fn new(decode: Decode<K>, function: &PreparedFunction, around: &Around) -> Self {
        Self { decode, ports: around.ports.clone(), idempotent: function.idempotent.clone() }
    }
}

/// Decodes what a call brings into the handler's parameters, and opens handles for this call. What does not fit never reaches
/// the handler.
pub(super) struct Validation<K: Kind, S> {
    inner: S,
    layer: ValidationLayer<K>,
}

impl<K: Kind, S> Layer<S> for ValidationLayer<K> {
    type Service = Validation<K, S>;

    fn layer(&self, inner: S) -> Validation<K, S> {
        Validation { inner, layer: self.clone() }
    }
}

impl<K: Kind, S: Inner<Validated<K>, K>> Service<Admitted<K>> for Validation<K, S> {
    type Response = K::Answer;
    type Error = K::Rejection;
    type Future = BoxFuture<'static, Result<K::Answer, K::Rejection>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), K::Rejection>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, call: Admitted<K>) -> Self::Future {
        let Admitted { invocation, state } = call;
        let identity = self.layer.idempotent.as_deref().map(|settings| K::identity(&invocation, settings));
        let identity = identity.unwrap_or(Ok(None));
        let ports = self.layer.ports.during(state.context.clone());
        match (self.layer.decode)(invocation, &ports) {
            Ok(run) => Box::pin(self.inner.call(Validated { run, identity, state })),
            Err(rejection) => Box::pin(std::future::ready(Err(rejection))),
        }
    }
}

impl<K: Kind, S: InOrder> InOrder for Validation<K, S> {
    fn order(&self) -> Vec<&'static str> {
        [vec!["validation"], self.inner.order()].concat()
    }
}

impl<K: Kind> Clone for ValidationLayer<K> {
    fn clone(&self) -> Self {
        Self { decode: self.decode.clone(), ports: self.ports.clone(), idempotent: self.idempotent.clone() }
    }
}

impl<K: Kind, S: Clone> Clone for Validation<K, S> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}
