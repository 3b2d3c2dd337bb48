//! A proxy's door: who comes in is served, and nobody comes in while the store is not to be reached.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::http::HttpLine;
use super::resp::RespLine;
use super::{Protocol, Upstream};
use crate::faults::{Faults, Keeper};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// What a client's own task takes to notice that an idle connection was closed. One that sends on it all the same would
/// not know whether that arrived.
const NOTICE: Duration = Duration::from_millis(20);

/// A listener on loopback that passes on what the faults let through. Dropping it ends it.
pub(super) struct Proxy {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(super) fn start(upstream: &Upstream, faults: &Faults) -> io::Result<Self> {
        let socket = reserve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = socket.local_addr()?;
        let listener = socket.listen(BACKLOG)?;
        let line = Arc::new(match &upstream.protocol {
            Protocol::Http(dialect) => Line::Http(HttpLine::new(upstream.address, Arc::clone(dialect), faults.clone())),
            Protocol::Resp => Line::Resp(RespLine::new(upstream.address, faults.clone())),
        });
        Ok(Self { address, task: tokio::spawn(keep(listener, address, faults.keeper(), line)) })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves the connections of one protocol.
enum Line {
    Http(HttpLine),
    Resp(RespLine),
}

impl Line {
    async fn serve(&self, stream: TcpStream) {
        let ended = match self {
            Self::Http(line) => line.serve(stream).await,
            Self::Resp(line) => Some(line.serve(stream).await),
        };
        if let Some((stream, ending)) = ended {
            ending.end(stream).await;
        }
    }
}

/// How a connection ends.
#[derive(Default)]
pub(super) enum Ending {
    /// It is closed.
    #[default]
    Close,
    /// It is closed after these bytes, which are not a whole answer.
    Cut(Vec<u8>),
    /// No more is sent, while the other side may go on.
    HalfClose,
}

impl Ending {
    async fn end(self, mut stream: TcpStream) {
        match self {
            Self::Close => {}
            Self::Cut(bytes) => {
                let _gone = stream.write_all(&bytes).await;
            }
            Self::HalfClose => {
                let _gone = stream.shutdown().await;
                let mut unheard = [0; 1024];
                while matches!(stream.read(&mut unheard).await, Ok(1..)) {}
            }
        }
    }
}

/// Takes a port and does not listen there: who connects is refused by the system, and nobody else gets the port.
fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Closed connections keep their port for a while.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Repeats until it succeeds: the port is one that was ours a moment ago.
async fn persistently<T>(mut attempt: impl FnMut() -> io::Result<T>) -> T {
    loop {
        match attempt() {
            Ok(value) => return value,
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

async fn keep(mut listener: TcpListener, address: SocketAddr, mut keeper: Keeper, line: Arc<Line>) {
    loop {
        let mut connections = JoinSet::new();
        let refusal = loop {
            tokio::select! {
                biased;
                turn = keeper.turned(true) => break turn,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        let line = Arc::clone(&line);
                        connections.spawn(async move { line.serve(stream).await });
                    }
                    // Out of descriptors, as a rule: some are given back soon.
                    Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                },
            }
        };
        drop(listener);
        let reserved = persistently(|| reserve(address)).await;
        connections.shutdown().await;
        tokio::time::sleep(NOTICE).await;
        keeper.done(&refusal);
        let acceptance = keeper.turned(false).await;
        listener = match reserved.listen(BACKLOG) {
            Ok(listener) => listener,
            Err(_) => persistently(|| reserve(address)?.listen(BACKLOG)).await,
        };
        keeper.done(&acceptance);
    }
}
