//! Who calls.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use tower::{Layer, Service};

use super::call::Admitted;
use super::{Around, InOrder, Inner, Kind};
use crate::auth::Authenticate;
use crate::function::BoxFuture;
use crate::workload::{CallerNeeded, PreparedFunction};

#[derive(Clone)]
pub(super) struct AuthenticationLayer {
    authenticator: Option<Arc<dyn Authenticate>>,
    required: bool,
}

impl AuthenticationLayer {
    /// Asks the authenticator for functions that have a caller; others are called by anyone. A function that has one is
    /// refused at start where there is no authenticator, so that none is ever called without.
    pub(super) fn new(function: &PreparedFunction, around: &Around) -> Self {
        let authenticator = around.surroundings.authenticator.clone();
        Self {
            authenticator: authenticator.filter(|_| function.caller != CallerNeeded::Never),
            required: function.caller == CallerNeeded::Always,
        }
    }
}

/// Refuses calls whose caller is not proven, before anything of them is decoded.
#[derive(Clone)]
pub(super) struct Authentication<S> {
    inner: S,
    layer: AuthenticationLayer,
}

impl<S> Layer<S> for AuthenticationLayer {
    type Service = Authentication<S>;

    fn layer(&self, inner: S) -> Authentication<S> {
        Authentication { inner, layer: self.clone() }
    }
}

impl<K: Kind, S: Inner<Admitted<K>, K>> Service<Admitted<K>> for Authentication<S> {
    type Response = K::Answer;
    type Error = K::Rejection;
    type Future = BoxFuture<'static, Result<K::Answer, K::Rejection>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), K::Rejection>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut call: Admitted<K>) -> Self::Future {
        let Some(authenticator) = self.layer.authenticator.clone() else {
            return Box::pin(self.inner.call(call));
        };
        let (mut inner, required) = (self.inner.clone(), self.layer.required);
        Box::pin(async move {
            K::authenticate(&mut call.invocation, &call.state, &*authenticator, required).await?;
            inner.call(call).await
        })
    }
}

impl<S: InOrder> InOrder for Authentication<S> {
    fn order(&self) -> Vec<&'static str> {
        [vec!["authentication"], self.inner.order()].concat()
    }
}

impl fmt::Debug for AuthenticationLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticationLayer").field("required", &self.required).finish_non_exhaustive()
    }
}
