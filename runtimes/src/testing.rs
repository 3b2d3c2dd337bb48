//! For tests of workloads: requests to its functions, through every layer, without a server.
//!
//! Functions that events call need none of it: they are async functions, and their extractors can be made.

use anyport_ports::handles::Ports;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;
use tower::Service as _;

use crate::http::{HttpOptions, HttpService};
use crate::surroundings::Surroundings;
use crate::workload::{InvalidWorkload, Workload};

/// Sends requests to the HTTP functions of a workload, as a server does.
///
/// ```
/// use anyport_runtimes::testing::Client;
/// # use anyport_runtimes::{Function, Method, NoContent, Workload};
/// # async fn ping() -> Result<NoContent, anyport_ports::Error> { Ok(NoContent) }
/// # async fn test(ports: anyport_ports::handles::Ports) {
/// # let workload = Workload::new("example").function(Function::http("ping", Method::GET, "/ping", ping));
/// let client = Client::of(&workload, ports).unwrap();
/// assert_eq!(client.get("/ping").await.status, 204);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Client(HttpService);

/// What a function answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestAnswer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, which JSON is read from by [`json`](Self::json).
    pub body: Bytes,
}

impl Client {
    /// A client of the workload's functions, called with these adapters.
    pub fn of(workload: &Workload, ports: Ports) -> Result<Self, InvalidWorkload> {
        Self::within(workload, ports, &Surroundings::none())
    }

    /// A client of the workload's functions in these surroundings, such as an authenticator.
    pub fn within(workload: &Workload, ports: Ports, surroundings: &Surroundings) -> Result<Self, InvalidWorkload> {
        HttpService::new(workload, ports, surroundings, HttpOptions::default()).map(Self)
    }

    /// Sends any request.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> TestAnswer {
        let Ok(response) = self.0.clone().call(request).await;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        TestAnswer { status: head.status, headers: head.headers, body }
    }

    /// Sends a request without a body.
    pub async fn request(&self, method: Method, path: &str) -> TestAnswer {
        self.send(request(method, path, Bytes::new())).await
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> TestAnswer {
        self.request(Method::GET, path).await
    }

    /// Sends a request with this body, as JSON.
    pub async fn send_json(&self, method: Method, path: &str, body: &Value) -> TestAnswer {
        let mut request = request(method, path, Bytes::from(body.to_string()));
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.send(request).await
    }
}

impl TestAnswer {
    /// The body as JSON; `null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// A path that is none becomes `/`, which no function serves.
fn request(method: Method, path: &str, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap_or_default();
    request
}
