//! The protocol of Redis with faults: one request and its answer at a time, in order, passed on, lost or cut.

mod command;
mod frames;

use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use tokio::net::TcpStream;

use super::proxy::Ending;
use crate::faults::{Fault, Faults};
use command::Command;
use frames::Frames;

/// How Redis asks to come again later, having done nothing.
const BUSY: &[u8] = b"-BUSY Redis is busy running a script\r\n";

pub(super) struct RespLine {
    upstream: SocketAddr,
    faults: Faults,
}

impl RespLine {
    pub(super) fn new(upstream: SocketAddr, faults: Faults) -> Self {
        Self { upstream, faults }
    }

    /// Serves a connection, by one of its own to the store, until it ends, and tells how to end it.
    pub(super) async fn serve(&self, stream: TcpStream) -> (TcpStream, Ending) {
        let _as_it_is = stream.set_nodelay(true);
        let mut client = Frames::of(stream);
        let ending = match TcpStream::connect(self.upstream).await {
            Ok(store) => {
                let _as_it_is = store.set_nodelay(true);
                let mut line = Conversation { client: &mut client, store: Frames::of(store), queues: false };
                line.hold(&self.faults).await.unwrap_or_default()
            }
            Err(_) => Ending::Close,
        };
        (client.into_inner(), ending)
    }
}

struct Conversation<'a> {
    client: &'a mut Frames,
    store: Frames,
    /// Between `MULTI` and `EXEC`, where commands only queue up.
    queues: bool,
}

impl Conversation<'_> {
    async fn hold(&mut self, faults: &Faults) -> io::Result<Ending> {
        while let Some(request) = self.client.next().await? {
            let command = Command::of(&request);
            let is_call = command.is_call() && (!self.queues || command.is("EXEC"));
            let fault = if is_call { faults.next() } else { Fault::None };
            match fault {
                // An error that leaves in doubt what was done is nothing that Redis answers: there, too, the
                // connection breaks.
                Fault::DropBefore | Fault::ServerError => return Ok(Ending::Close),
                Fault::Throttle => {
                    if self.queues {
                        self.ask(&Bytes::from_static(b"*1\r\n$7\r\nDISCARD\r\n")).await?;
                        self.queues = false;
                    }
                    self.client.send(BUSY).await?;
                    continue;
                }
                Fault::Delay => tokio::time::sleep(faults.pause()).await,
                _ => {}
            }
            self.queues = if command.is("MULTI") { true } else { self.queues && !command.ends_queue() };
            let answer = self.ask(&request).await?;
            if command.is("EVALSHA") && answer.starts_with(b"-NOSCRIPT") {
                // The script is not there yet: the call is the one that comes after loading it.
                faults.put_back(fault);
                self.client.send(&answer).await?;
                continue;
            }
            match fault {
                Fault::DropAfter => return Ok(Ending::Close),
                Fault::HalfClose => return Ok(Ending::HalfClose),
                Fault::Cut => return Ok(Ending::Cut(answer[..answer.len() / 2].to_vec())),
                Fault::Duplicate if command.is_read() => {
                    let _unseen = self.ask(&request).await?;
                }
                _ => {}
            }
            self.client.send(&answer).await?;
        }
        Ok(Ending::Close)
    }

    /// The store's answer. What it tells unasked in between is passed on.
    async fn ask(&mut self, request: &Bytes) -> io::Result<Bytes> {
        self.store.send(request).await?;
        loop {
            let answer = self.store.next().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
            if answer.first() != Some(&b'>') {
                return Ok(answer);
            }
            self.client.send(&answer).await?;
        }
    }
}
