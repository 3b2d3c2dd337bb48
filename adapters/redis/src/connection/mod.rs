//! Connections: one that many requests share, to a server or to a cluster.
//!
//! Nothing is ever sent twice behind a caller's back. A request that may have reached a server and has no answer ends as
//! a [`Failure`] in doubt, and it is the caller who knows whether doing it twice is harmless.

mod cluster;
mod link;

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::Result;
use redis::{Cmd, Value};

use self::cluster::Cluster;
use self::link::Link;
use crate::error::Failure;
use crate::script::Script;
use crate::settings::RedisSettings;
use crate::tls::Trust;

/// How long a server has to take a connection and greet.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a server has to answer a request.
pub(crate) const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection, made anew after it broke. Clones share it.
#[derive(Clone)]
pub(crate) struct Connection(Arc<Kind>);

enum Kind {
    Server(Box<Link>),
    Cluster(Cluster),
}

impl Connection {
    /// Connects. Each answer is waited for this long, so that commands which block need a connection of their own.
    pub(crate) async fn open(settings: &RedisSettings, response_timeout: Duration) -> Result<Self> {
        let mut servers = settings.servers()?;
        let trust = Trust::for_servers(&servers, settings.ca_file.as_deref()).await?;
        let kind = if settings.cluster {
            Kind::Cluster(Cluster::connect(servers, trust, response_timeout).await.map_err(Failure::of_read)?)
        } else {
            let link = Link::to(servers.swap_remove(0), trust, response_timeout).map_err(Failure::of_read)?;
            link.connect().await.map_err(Failure::of_read)?;
            Kind::Server(Box::new(link))
        };
        Ok(Self(Arc::new(kind)))
    }

    /// Sends a command, once, to the server or to the master that has its keys.
    pub(crate) async fn call(&self, command: &Cmd) -> Result<Value, Failure> {
        match &*self.0 {
            Kind::Server(link) => link.call(command).await,
            Kind::Cluster(cluster) => cluster.call(command).await,
        }
    }

    /// Runs a script by a call made with [`Script::on`]. A server that does not know the script has done nothing, and is
    /// told it.
    pub(crate) async fn run(&self, script: &Script, call: &Cmd) -> Result<Value, Failure> {
        match self.call(call).await {
            Err(failure) if failure.code() == Some("NOSCRIPT") => {
                // Whatever becomes of it, the script itself was not run.
                let loaded = self.call(&script.load()).await;
                loaded.map_err(|failure| Failure::before_sending(failure.cause().clone()))?;
                self.call(call).await
            }
            answer => answer,
        }
    }
}
