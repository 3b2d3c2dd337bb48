//! A namespace whose handles are bare addresses, to speak to a proxy without an adapter.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use anyport_conformance::faults::{Faultable, Faults};
use anyport_conformance::subject::Namespace;
use anyport_conformance::wire::{Dial, Networked, Protocol, Upstream};
use anyport_ports::Result;
use async_trait::async_trait;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

/// Where to connect.
#[derive(Clone)]
pub(crate) struct Address(pub(crate) SocketAddr);

impl Faultable for Address {
    fn through(self, _faults: &Faults) -> Self {
        unreachable!("there is a wire")
    }
}

struct Direct(SocketAddr);

#[async_trait]
impl Dial<Address> for Direct {
    async fn dial(&self, through: Option<SocketAddr>) -> Result<Address> {
        Ok(Address(through.unwrap_or(self.0)))
    }
}

/// A proxy before this store, as long as the namespace lives.
pub(crate) async fn proxied(
    address: SocketAddr,
    protocol: Protocol,
    faults: &Faults,
) -> (impl Namespace<Address> + use<>, SocketAddr) {
    let network = Networked::new(Direct(address), Some(Upstream { address, protocol }));
    let through = Namespace::<Address>::connect_through(&network, faults).await.expect("the proxy starts");
    (network, through.0)
}

/// Reads until these bytes are whole by this measure, or the connection ends; tells whether it ended.
pub(crate) async fn read(stream: &mut TcpStream, is_whole: impl Fn(&[u8]) -> bool) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let reading = async {
        while !is_whole(&bytes) {
            match stream.read_buf(&mut bytes).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => return true,
            }
        }
        false
    };
    let ended = tokio::time::timeout(Duration::from_secs(20), reading).await.expect("the proxy answers or hangs up");
    (bytes, ended)
}

/// While the store is refused, nobody gets in and who was in is out; then the same address serves again.
pub(crate) async fn assert_refuses(address: SocketAddr, faults: &Faults) {
    let mut standing = TcpStream::connect(address).await.expect("the proxy listens");
    faults.refuse().await;
    assert!(faults.is_refused());
    let error = TcpStream::connect(address).await.expect_err("the proxy must not listen");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    assert!(read(&mut standing, |_| false).await.1, "a connection stays open while the store is refused");
    faults.accept().await;
    TcpStream::connect(address).await.expect("the proxy listens again at its address");
}
