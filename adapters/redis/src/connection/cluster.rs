//! The connections to the masters of a cluster.
//!
//! The client's own retries are off, since they also repeat what may have been done. A node that points elsewhere has
//! done nothing, so that is followed here; the client has learned the new map of the cluster by then.

use std::time::Duration;

use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::SingleNodeRoutingInfo;
use redis::{Cmd, ConnectionInfo, ProtocolVersion, RedisError, RedisResult, Value};

use super::CONNECT_TIMEOUT;
use crate::error::Failure;
use crate::tls::Trust;

/// How often a request follows the cluster's directions before it is given up.
const DIRECTIONS: u32 = 6;

/// The pause before the second of them is followed; it doubles with each.
const PAUSE: Duration = Duration::from_millis(20);

pub(super) struct Cluster(ClusterConnection);

impl Cluster {
    pub(super) async fn connect(
        nodes: Vec<ConnectionInfo>,
        trust: Trust,
        response_timeout: Duration,
    ) -> Result<Self, Failure> {
        let client = trust
            .extended_to(ClusterClient::builder(nodes))
            .retries(0)
            .use_protocol(ProtocolVersion::RESP3)
            .connection_timeout(CONNECT_TIMEOUT)
            .response_timeout(response_timeout)
            .build()
            .map_err(Failure::before_sending)?;
        client.get_async_connection().await.map(Self).map_err(Failure::before_sending)
    }

    pub(super) async fn call(&self, command: &Cmd) -> Result<Value, Failure> {
        let mut connection = self.0.clone();
        let mut answer = send(&mut connection, command).await;
        for direction in 0..DIRECTIONS {
            let Err(cause) = &answer else { break };
            match cause.code() {
                Some("ASK") => answer = ask(&mut connection, command, cause).await,
                Some("MOVED" | "TRYAGAIN" | "READONLY") => {
                    if direction > 0 {
                        tokio::time::sleep(PAUSE * 2_u32.pow(direction - 1)).await;
                    }
                    answer = send(&mut connection, command).await;
                }
                _ => break,
            }
        }
        answer.map_err(Failure::after_sending)
    }
}

async fn send(connection: &mut ClusterConnection, command: &Cmd) -> RedisResult<Value> {
    redis::aio::ConnectionLike::req_packed_command(connection, command).await.and_then(Value::extract_error)
}

/// Sends the command to the node that takes over its keys, in one piece with the request to be let in.
async fn ask(connection: &mut ClusterConnection, command: &Cmd, direction: &RedisError) -> RedisResult<Value> {
    let node = direction.redirect_node().and_then(|(address, _)| address.rsplit_once(':'));
    let Some((host, Ok(port))) = node.map(|(host, port)| (host, port.parse())) else {
        return Err(direction.clone());
    };
    let mut asking = redis::pipe();
    asking.cmd("ASKING").add_command(command.clone());
    let route = SingleNodeRoutingInfo::ByAddress { host: host.to_owned(), port };
    let answers = connection.route_pipeline(asking, 1, 1, route).await?;
    answers.into_iter().next().unwrap_or_default().extract_error()
}
