//! Microsoft's in-memory emulator of Azure Cosmos DB, which is a part of the driver of its client for Rust, behind HTTP/1.1 and
//! HTTP/2 without TLS: `anyport-cosmos-emulator --port 8081`. It listens on 127.0.0.1 alone, forgets everything when it
//! ends, and its account is of Strong consistency.
//!
//! The data, the rules and the answers are Microsoft's. What is added here is the transport, the check of key signatures
//! ([`signature`]), and that the account's regions are where the client found the account, so that a proxy before the
//! emulator is not passed by.

mod server;
mod signature;

use std::process::ExitCode;

use server::Server;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [flag, port] = arguments.as_slice() else { return usage() };
    let Some(port) = port.parse::<u16>().ok().filter(|_| flag == "--port") else { return usage() };
    match run(port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the emulator cannot serve on 127.0.0.1:{port}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: anyport-cosmos-emulator --port PORT");
    ExitCode::from(2)
}

#[tokio::main]
async fn run(port: u16) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Server::new(port)?.serve().await
}
