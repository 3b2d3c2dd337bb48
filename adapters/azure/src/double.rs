//! A service on loopback that answers as a test tells it, and keeps what it is asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the double does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Answers with this status, these headers and this body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// Closes the connection without an answer.
    Hangup,
    /// Keeps the connection and never answers.
    Silence,
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// The head in small letters, line by line.
    pub(crate) head: String,
    pub(crate) body: String,
}

/// A service, and the requests so far.
pub(crate) struct Double {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Double {
    /// A double that answers by `reply`.
    pub(crate) async fn start(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, reply): (Arc<Mutex<Vec<Asked>>>, _) = (Arc::default(), Arc::new(reply));
        let record = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (record, reply) = (Arc::clone(&record), Arc::clone(&reply));
                tokio::spawn(async move { serve(stream, &record, &*reply).await });
            }
        });
        Self { address, asked }
    }

    /// The requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Their methods.
    pub(crate) fn methods(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.method).collect()
    }
}

/// An address at which nobody listens.
pub(crate) async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

async fn serve(mut stream: TcpStream, asked: &Mutex<Vec<Asked>>, reply: &(dyn Fn(&Asked) -> Reply + Send + Sync)) {
    while let Some(request) = request(&mut stream).await {
        asked.lock().unwrap().push(request.clone());
        let (status, headers, body) = match reply(&request) {
            Reply::Answer(status, headers, body) => (status, headers, body),
            Reply::Hangup => return,
            Reply::Silence => std::future::pending().await,
        };
        let mut answer = format!("HTTP/1.1 {status} X\r\n");
        if status != 204 {
            answer.extend(["content-length: ", &body.len().to_string(), "\r\n"]);
        }
        for (name, value) in &headers {
            answer.extend([*name, ": ", value, "\r\n"]);
        }
        if stream.write_all(format!("{answer}\r\n{body}").as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The next request of a connection.
async fn request(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let (head, start) = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break (String::from_utf8_lossy(&bytes[..end]).into_owned(), end + 4);
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let mut line = head.lines().next()?.split(' ');
    let (method, target) = (line.next()?.to_owned(), line.next()?.to_owned());
    let head = head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")).unwrap_or("0");
    let length: usize = length.trim().parse().ok()?;
    while bytes.len() < start + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&bytes[start..]).into_owned();
    Some(Asked { method, target, head, body })
}
