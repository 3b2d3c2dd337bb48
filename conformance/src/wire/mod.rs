//! Faults on the wire: a proxy between an adapter and its store, which loses, cuts, delays, doubles and refuses what goes
//! through it as [`Faults`] decide.
//!
//! What an adapter makes of a broken connection is its own: its retries, its reading back, the kind of its error. So it
//! is put to the test with the real thing rather than with the error it ought to give.

mod http;
mod proxy;
mod resp;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ::http::{Response, request};
use anyport_ports::{Error, ErrorKind, Result};
use async_trait::async_trait;
use bytes::Bytes;

use crate::faults::{Faultable, Faults};
use crate::subject::{Namespace, TestClock};
use crate::time::RealTime;
use proxy::Proxy;

/// Makes handles on a store over a network, in a fresh namespace of it.
#[async_trait]
pub trait Dial<H>: Send + Sync + 'static {
    /// Another handle, as another process would have it. `through` is the address of the proxy to speak to instead of
    /// the store, without TLS; `None` is the store itself.
    async fn dial(&self, through: Option<SocketAddr>) -> Result<H>;
}

/// Where a proxy passes on what it lets through.
#[derive(Clone)]
pub struct Upstream {
    /// The store's address.
    pub address: SocketAddr,
    /// What is spoken there, without TLS.
    pub protocol: Protocol,
}

/// What is spoken on the wire.
#[derive(Clone)]
pub enum Protocol {
    /// HTTP/1.1, or HTTP/2 without TLS and by prior knowledge, in this provider's dialect.
    Http(Arc<dyn Dialect>),
    /// The protocol of Redis, RESP 2 or 3: requests and their answers one after another. Subscriptions to its channels
    /// do not go through.
    Resp,
}

/// What a proxy must know of a provider's HTTP dialect. Requests are as the client sent them; of their URI the path
/// and the query are sure to be there.
pub trait Dialect: Send + Sync + 'static {
    /// Whether this request is one of the port's calls. Others, such as looking up a name or an account, never meet a
    /// fault.
    fn is_call(&self, request: &request::Parts, body: &[u8]) -> bool;

    /// Whether it may arrive twice with no harm whatever others do in between, as a read may, or a write under a version.
    fn is_harmless_twice(&self, request: &request::Parts, body: &[u8]) -> bool;

    /// How this provider asks to slow down.
    fn throttled(&self, request: &request::Parts) -> Response<Bytes>;
}

/// The [`Namespace`] of a store over a network, in real time. Each handle that is to meet faults has a proxy of its own,
/// which lives as long as the namespace.
pub struct Networked<D> {
    dial: D,
    upstream: Option<Upstream>,
    proxies: Mutex<Vec<Proxy>>,
}

impl<D> Networked<D> {
    /// A namespace whose handles `dial` makes, with proxies in front of `upstream`. A store without one, such as a real
    /// account over TLS whose requests are signed for its host, meets its faults in process by [`Faultable::through`].
    pub fn new(dial: D, upstream: Option<Upstream>) -> Self {
        Self { dial, upstream, proxies: Mutex::default() }
    }

    /// Who makes the handles.
    pub fn dial(&self) -> &D {
        &self.dial
    }
}

#[async_trait]
impl<H: Faultable, D: Dial<H>> Namespace<H> for Networked<D> {
    async fn connect(&self) -> Result<H> {
        self.dial.dial(None).await
    }

    async fn connect_through(&self, faults: &Faults) -> Result<H> {
        let Some(upstream) = &self.upstream else { return Ok(self.dial.dial(None).await?.through(faults)) };
        let proxy = Proxy::start(upstream, faults).map_err(|error| {
            Error::new(ErrorKind::Unavailable, "no proxy can be put before the store: see the cause").caused_by(error)
        })?;
        let address = proxy.address();
        self.proxies.lock().unwrap_or_else(PoisonError::into_inner).push(proxy);
        self.dial.dial(Some(address)).await
    }

    fn clock(&self) -> Arc<dyn TestClock> {
        Arc::new(RealTime)
    }
}
