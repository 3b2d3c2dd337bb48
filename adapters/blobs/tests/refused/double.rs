//! A store on loopback that gives every request the same answer, and counts them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Double {
    pub(crate) endpoint: String,
    asked: Arc<AtomicUsize>,
}

impl Double {
    /// Refuses everything with this status, code and message.
    pub(crate) async fn refusing(status: u16, code: &str, message: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (endpoint, asked) = (format!("http://{}", listener.local_addr().unwrap()), Arc::<AtomicUsize>::default());
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        );
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (count, body) = (Arc::clone(&count), body.clone());
                tokio::spawn(async move { serve(stream, &count, status, &body).await });
            }
        });
        Self { endpoint, asked }
    }

    /// Lets everybody connect and answers nobody.
    pub(crate) async fn silent() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (endpoint, asked) = (format!("http://{}", listener.local_addr().unwrap()), Arc::<AtomicUsize>::default());
        tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok(connection) = listener.accept().await {
                held.push(connection);
            }
        });
        Self { endpoint, asked }
    }

    /// How many requests there were since this was asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.swap(0, Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, count: &AtomicUsize, status: u16, body: &str) {
    while let Some(method) = request(&mut stream).await {
        count.fetch_add(1, Ordering::SeqCst);
        let head =
            format!("HTTP/1.1 {status} X\r\ncontent-type: application/xml\r\ncontent-length: {}\r\n\r\n", body.len());
        let answer = if method == "HEAD" { head } else { head + body };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The method of a connection's next request, which is read whole.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let start = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..start]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    while bytes.len() < start + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    head.split(' ').next().map(str::to_uppercase)
}
