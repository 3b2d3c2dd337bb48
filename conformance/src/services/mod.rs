//! A double of the services that a workload calls: an HTTP server on loopback that answers, delays, refuses, breaks off and
//! hangs as it is told, and keeps what it received.
//!
//! ```
//! use anyport_conformance::services::{Act, Answer, MisbehavingService};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let service = MisbehavingService::start().await?;
//! service.script([Act::Reset, Answer::status(503).header("retry-after", "1").into()]);
//! service.otherwise(|request| Answer::json(201, &serde_json::json!({ "path": request.path })).into());
//! assert!(service.url().starts_with("http://127.0.0.1:"));
//! assert!(service.received().is_empty());
//! # Ok(()) }
//! ```

mod act;
mod connection;

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::{JoinHandle, JoinSet};

pub use act::{Act, Answer};

/// A request as the service read it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Received {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Header names, in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// When it was there as a whole.
    pub at: Instant,
}

impl Received {
    /// The first header of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

type Respond = Arc<dyn Fn(&Received) -> Act + Send + Sync>;

/// An HTTP/1.1 service on loopback. Each request has a connection of its own. Dropping it ends it and whatever hangs.
pub struct MisbehavingService {
    address: SocketAddr,
    state: Arc<State>,
    task: JoinHandle<()>,
}

impl MisbehavingService {
    /// Starts one, which answers 200 to everything until told otherwise.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State::default());
        let task = tokio::spawn(listen(listener, Arc::clone(&state)));
        Ok(Self { address, state, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its base URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it does with the next requests, one after another, behind what was scripted before.
    pub fn script(&self, acts: impl IntoIterator<Item = Act>) {
        self.state.lock().script.extend(acts);
    }

    /// What it does with requests that nothing is scripted for.
    pub fn otherwise(&self, respond: impl Fn(&Received) -> Act + Send + Sync + 'static) {
        self.state.lock().otherwise = Some(Arc::new(respond));
    }

    /// The requests that it read, in the order of their arrival.
    pub fn received(&self) -> Vec<Received> {
        self.state.lock().received.clone()
    }

    /// Connections that it reset before it read anything.
    pub fn unread(&self) -> usize {
        self.state.lock().unread
    }
}

impl Drop for MisbehavingService {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An address on loopback that nobody listens at: who connects is refused by the system. Nobody else gets the port for as
/// long as this is kept.
pub struct Nobody {
    address: SocketAddr,
    _reserved: TcpSocket,
}

impl Nobody {
    /// Reserves an address.
    pub fn reserve() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        Ok(Self { address: socket.local_addr()?, _reserved: socket })
    }

    /// The base URL of the service that is not there.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

#[derive(Default)]
struct State(Mutex<Told>);

#[derive(Default)]
struct Told {
    script: VecDeque<Act>,
    otherwise: Option<Respond>,
    received: Vec<Received>,
    unread: usize,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn listen(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            Ok((stream, _)) = listener.accept() => {
                let state = Arc::clone(&state);
                connections.spawn(async move { connection::serve(stream, &state).await });
            }
        }
    }
}
