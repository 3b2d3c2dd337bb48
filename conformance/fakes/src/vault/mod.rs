//! A fake of Azure Key Vault's secrets, over https, written from the [reference]. It keeps everything in memory.
//!
//! It challenges who shows no token, as the service does before it says whose tokens it takes; it takes any token. Secrets
//! have versions, which can be disabled; deleting is soft. It writes the certificate of its own authority to `ca.pem`, which
//! is the only one that signed its certificate.
//!
//! Not as the service: on the same port it speaks plain HTTP as well, for proxies that put faults on the wire. It has no
//! roles: whatever is disabled is what nobody may read.
//!
//! [reference]: https://learn.microsoft.com/rest/api/keyvault/secrets/operation-groups

mod answer;
mod routes;
mod store;
mod tls;

use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::Place;
use store::Store;

/// The first byte of a client that speaks TLS: a record with a handshake.
const HANDSHAKE: u8 = 0x16;

pub(crate) async fn serve(place: &Place) -> anyhow::Result<()> {
    let tls = tls::acceptor(&place.folder)?;
    let listener = TcpListener::bind(place.address()).await.context("the port cannot be listened on")?;
    let app = routes::router(Arc::new(Mutex::new(Store::new(format!("https://{}", place.address())))));
    loop {
        // Out of descriptors, as a rule: some are given back soon.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            continue;
        };
        let (tls, app) = (tls.clone(), app.clone());
        tokio::spawn(async move {
            // A client that goes away, or trusts another authority, is none of the server's business.
            let _gone = connection(stream, tls, app).await;
        });
    }
}

type Gone = Box<dyn std::error::Error + Send + Sync>;

async fn connection(stream: TcpStream, tls: TlsAcceptor, app: axum::Router) -> Result<(), Gone> {
    stream.set_nodelay(true)?;
    let mut first = [0];
    stream.peek(&mut first).await?;
    let (http, service) = (Builder::new(TokioExecutor::new()), TowerToHyperService::new(app));
    if first == [HANDSHAKE] {
        http.serve_connection(TokioIo::new(tls.accept(stream).await?), service).await
    } else {
        http.serve_connection(TokioIo::new(stream), service).await
    }
}
