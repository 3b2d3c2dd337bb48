//! What all layers are around.

use std::task::{Context, Poll};

use tower::Service;

use super::call::Validated;
use super::{InOrder, Kind};
use crate::function::BoxFuture;

/// Runs the handler.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handler;

impl<K: Kind> Service<Validated<K>> for Handler {
    type Response = K::Answer;
    type Error = K::Rejection;
    type Future = BoxFuture<'static, Result<K::Answer, K::Rejection>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), K::Rejection>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Validated<K>) -> Self::Future {
        call.run
    }
}

impl InOrder for Handler {
    fn order(&self) -> Vec<&'static str> {
        vec!["handler"]
    }
}
