//! Servers of our own that stand for services of clouds which no emulator shows well enough.
//!
//! They are fakes: written from the services' documentation, and called so in reports.

mod pubsub;
mod storage;
mod vault;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Serves a fake of a cloud's service on the loopback address until it is ended.
#[derive(Parser)]
struct Command {
    #[command(subcommand)]
    service: Service,
}

#[derive(Subcommand)]
enum Service {
    /// Google Cloud Pub/Sub: gRPC for publishers and subscribers, REST for administrators, on one port.
    Pubsub(Place),
    /// Google Cloud Storage: its JSON and XML interfaces.
    Storage(Place),
    /// Azure Key Vault's secrets, over https.
    Vault(Place),
}

/// Where a server is.
#[derive(Args)]
struct Place {
    /// The port of 127.0.0.1 to listen on.
    #[arg(long)]
    port: u16,
    /// Where files for its clients are written, such as the certificate of its authority.
    #[arg(long)]
    folder: PathBuf,
}

impl Place {
    fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Command::parse().service {
        Service::Pubsub(place) => pubsub::serve(&place).await,
        Service::Storage(place) => storage::serve(&place).await,
        Service::Vault(place) => vault::serve(&place).await,
    }
}
