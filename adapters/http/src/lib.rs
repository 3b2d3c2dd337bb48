//! Services of others over HTTP: the [`Outbound`](anyport_ports::outbound::Outbound) port on reqwest.
//!
//! A call is over by its deadline, whatever the service does: connecting, waiting and reading count. Within it a request is
//! sent again
//!
//! - if it was certainly not carried out: no connection was made, or the service refused it and said when to come again
//!   (429 or 503 with `Retry-After`);
//! - if carrying it out twice is harmless, by its method or because it has an idempotency key: also when its answer was lost,
//!   and after 408, 425, 429, 500, 502, 503 and 504.
//!
//! Pauses grow and are drawn at random; a service's `Retry-After` is kept, and if that is past the deadline, the answer is
//! given at once. Attempts are bounded for each call, and retries for each service by a budget: a share of its calls, so
//! that a service in trouble is not buried in retries. A service that keeps failing is not called for a while (circuit
//! breaker), and then tried with one call.
//!
//! Nothing is sent but what the request says and the headers that go with the call: `idempotency-key`, `traceparent`,
//! `x-correlation-id`, `x-request-id`, `user-agent`. Redirects are not followed, and proxies are used only if set.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use anyport_http::{HttpClient, HttpSettings, ServiceSettings};
//! use anyport_ports::outbound::{Method, Outbound, Request, Target};
//! use anyport_ports::{CallContext, ServiceName};
//!
//! const PAYMENTS: ServiceName = ServiceName::from_static("payments");
//!
//! # async fn example() -> anyport_ports::Result<()> {
//! let settings = HttpSettings::default().service(PAYMENTS, ServiceSettings::at("https://payments.example/v1"));
//! let outbound: Arc<dyn Outbound> = Arc::new(HttpClient::new(&settings)?);
//!
//! let charge = Request::new(Method::Post, Target::Service(PAYMENTS, "/charges".to_owned()))
//!     .json(&[("amount", 1299)])?
//!     .idempotency_key("order-7");
//! let response = outbound.send(&charge, &CallContext::none()).await?;
//! assert_eq!(response.status, 201);
//! # Ok(()) }
//! ```

mod breaker;
mod client;
mod head;
mod line;
mod reqwest_transport;
mod settings;
mod target;
mod transport;
mod verdict;

pub use client::HttpClient;
pub use settings::{BreakerSettings, HttpSettings, ServiceSettings};
pub use transport::{Attempt, Failed, Transport};
