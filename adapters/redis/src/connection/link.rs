//! The connection to one server.
//!
//! The client's own reconnecting connection reports a connection that could not be made as it reports one that broke
//! under a request: both are I/O errors. The difference decides whether a write is known not to have happened, so the
//! few lines that make a connection anew are here.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, ConnectionInfo, PushInfo, PushKind, RedisResult, Value};

use super::CONNECT_TIMEOUT;
use crate::error::Failure;
use crate::tls::Trust;

pub(super) struct Link {
    client: Client,
    response_timeout: Duration,
    current: Mutex<Option<Attempt>>,
}

/// A connection being made, or made. Those who need it meanwhile wait for the one attempt.
#[derive(Clone)]
struct Attempt {
    connection: Shared<BoxFuture<'static, RedisResult<MultiplexedConnection>>>,
    lost: Arc<AtomicBool>,
}

impl Link {
    pub(super) fn to(server: ConnectionInfo, trust: Trust, response_timeout: Duration) -> Result<Self, Failure> {
        let client = trust.client(server).map_err(Failure::before_sending)?;
        Ok(Self { client, response_timeout, current: Mutex::new(None) })
    }

    /// The connection that stands, or else the outcome of one attempt to make one.
    pub(super) async fn connect(&self) -> Result<(), Failure> {
        self.connected().await.map(drop)
    }

    pub(super) async fn call(&self, command: &Cmd) -> Result<Value, Failure> {
        let (mut connection, lost) = self.connected().await?;
        let answer = connection.send_packed_command(command).await.and_then(Value::extract_error);
        answer.map_err(|cause| {
            // A server that no longer answers may be gone without a word; one that became a replica stays one.
            if cause.is_unrecoverable_error() || cause.is_timeout() || cause.code() == Some("READONLY") {
                lost.store(true, Ordering::Release);
            }
            Failure::after_sending(cause)
        })
    }

    async fn connected(&self) -> Result<(MultiplexedConnection, Arc<AtomicBool>), Failure> {
        let Attempt { connection, lost } = self.attempt();
        match connection.await {
            Ok(connection) => Ok((connection, lost)),
            Err(cause) => {
                lost.store(true, Ordering::Release);
                Err(Failure::before_sending(cause))
            }
        }
    }

    fn attempt(&self) -> Attempt {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match &*current {
            Some(attempt) if !attempt.lost.load(Ordering::Acquire) => attempt.clone(),
            _ => current.insert(self.begin()).clone(),
        }
    }

    fn begin(&self) -> Attempt {
        let lost = Arc::new(AtomicBool::new(false));
        let closed = Arc::clone(&lost);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(self.response_timeout))
            .set_push_sender(move |push: PushInfo| {
                if push.kind == PushKind::Disconnection {
                    closed.store(true, Ordering::Release);
                }
                Ok::<(), std::convert::Infallible>(())
            });
        let client = self.client.clone();
        let connecting = async move { client.get_multiplexed_async_connection_with_config(&config).await };
        let connection = connecting.boxed().shared();
        // Made even if whoever asked for it goes away.
        tokio::spawn(connection.clone());
        Attempt { connection, lost }
    }
}
