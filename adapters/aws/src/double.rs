//! A service of AWS on loopback that answers as a test tells it, and counts what it is asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyport_ports::{Clock, Timestamp};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::connection::{Aws, retries, timeouts};
use crate::http::Client;

/// The secret key of the tests, which no error may show.
pub(crate) const SECRET: &str = "the-secret-access-key";

/// What the double does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Answers with this status and JSON.
    Json(u16, Value),
    /// Closes the connection without an answer.
    Hangup,
    /// Keeps the connection and never answers.
    Silence,
}

/// The requests so far: the operation and the body of each.
pub(crate) type Asked = Arc<Mutex<Vec<(String, Value)>>>;

pub(crate) struct Double {
    pub(crate) aws: Aws,
    asked: Asked,
}

impl Double {
    /// A double that answers by `reply`, given the operation, the body, and how often the operation was asked before.
    pub(crate) async fn start(reply: impl Fn(&str, &Value, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_within(timeouts(), reply).await
    }

    /// Likewise, waited for no longer than this.
    pub(crate) async fn start_within(
        timeouts: TimeoutConfig,
        reply: impl Fn(&str, &Value, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, asked, reply) = (listener.local_addr().unwrap(), Asked::default(), Arc::new(reply));
        let record = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (record, reply) = (Arc::clone(&record), Arc::clone(&reply));
                tokio::spawn(async move { serve(stream, &record, &*reply).await });
            }
        });
        Self { aws: aws_within(timeouts, &format!("http://{address}")), asked }
    }

    /// The bodies with which this operation was asked.
    pub(crate) fn bodies(&self, operation: &str) -> Vec<Value> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|(asked, _)| asked == operation).map(|(_, body)| body.clone()).collect()
    }

    /// How often this operation was asked.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|(asked, _)| asked == operation).count()
    }
}

/// AWS at an address, at which somebody may listen.
pub(crate) fn aws_at(address: SocketAddr) -> Aws {
    aws_within(timeouts(), &format!("http://{address}"))
}

/// AWS at an endpoint, waited for no longer than this.
pub(crate) fn aws_within(timeouts: TimeoutConfig, endpoint: &str) -> Aws {
    struct Still;
    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(1_000_000)
        }
    }
    let credentials = Credentials::new("AKIDTEST", SECRET, None, None, "test");
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(Client::new())
        .timeout_config(timeouts)
        .retry_config(retries())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .region(Region::from_static("eu-test-1"))
        .endpoint_url(endpoint)
        .build();
    Aws::of(sdk, Arc::new(Still))
}

async fn serve(mut stream: TcpStream, asked: &Asked, reply: &(dyn Fn(&str, &Value, usize) -> Reply + Send + Sync)) {
    while let Some((operation, body)) = request(&mut stream).await {
        let before = asked.lock().unwrap().iter().filter(|(other, _)| *other == operation).count();
        asked.lock().unwrap().push((operation.clone(), body.clone()));
        let (status, answer) = match reply(&operation, &body, before) {
            Reply::Json(status, answer) => (status, answer),
            Reply::Hangup => return,
            Reply::Silence => std::future::pending().await,
        };
        let text = answer.to_string();
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\r\n",
            text.len()
        );
        if stream.write_all((head + &text).as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The next request of a connection.
async fn request(stream: &mut TcpStream) -> Option<(String, Value)> {
    let mut bytes = Vec::new();
    let (head, start) = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break (String::from_utf8_lossy(&bytes[..end]).into_owned(), end + 4);
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let header = |name: &str| {
        let named = |line: &str| line.split_once(':').is_some_and(|(other, _)| other.eq_ignore_ascii_case(name));
        let (_, value) = head.lines().find(|line| named(line))?.split_once(':')?;
        Some(value.trim().to_owned())
    };
    let length: usize = header("content-length")?.parse().ok()?;
    while bytes.len() < start + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let operation = header("x-amz-target")?.rsplit('.').next()?.to_owned();
    Some((operation, serde_json::from_slice(&bytes[start..]).ok()?))
}
