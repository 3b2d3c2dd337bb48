//! Messages on Storage Queue as a subject.

use std::net::SocketAddr;
use std::sync::Arc;

use anyport_azure::{QueueMessages, QueueSettings};
use anyport_conformance::subject::{MessageStore, Namespace, Subject};
use anyport_conformance::wire::{Dial, Dialect, Networked, Protocol, Upstream};
use anyport_ports::Result;
use anyport_ports::resources::{Provision as _, Resources};
use async_trait::async_trait;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};

use super::storage_namespace::{Server, fresh_prefix};
use crate::adapters::variable;

/// Messages in a storage account or in an emulator.
pub(super) struct Messages;

#[async_trait]
impl Subject<MessageStore> for Messages {
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<MessageStore>>> {
        let server =
            variable("AZURE_STORAGE_QUEUE_ENDPOINT").map(|endpoint| Server::of(&endpoint)).transpose()?.flatten();
        let upstream = server
            .as_ref()
            .map(|server| Upstream { address: server.address, protocol: Protocol::Http(Arc::new(QueueDialect)) });
        let account = Queues { prefix: fresh_prefix(), server };
        account.connect(None)?.provision(resources).await?;
        Ok(Arc::new(Networked::new(account, upstream)))
    }
}

/// The queues of one namespace.
struct Queues {
    prefix: String,
    server: Option<Server>,
}

impl Queues {
    fn connect(&self, through: Option<SocketAddr>) -> Result<QueueMessages> {
        let endpoint = self.server.as_ref().zip(through).map(|(server, address)| server.through(address));
        QueueMessages::connect(&QueueSettings { prefix: self.prefix.clone(), endpoint })
    }
}

#[async_trait]
impl Dial<MessageStore> for Queues {
    async fn dial(&self, through: Option<SocketAddr>) -> Result<MessageStore> {
        Ok(MessageStore { messages: Arc::new(self.connect(through)?) })
    }
}

/// REST with XML: messages are below `/messages` of their queue.
struct QueueDialect;

impl Dialect for QueueDialect {
    fn is_call(&self, request: &Parts, _: &[u8]) -> bool {
        // Not the lists and properties of queues.
        request.uri.path().split('/').any(|segment| segment == "messages")
    }

    fn is_harmless_twice(&self, request: &Parts, _: &[u8]) -> bool {
        // Sending is promised at least once, and deleting what is gone changes nothing. What is taken twice is delivered once
        // too often, and the second change of a lease makes the pop receipt of the first stale.
        matches!(request.method, Method::POST | Method::DELETE)
    }

    fn throttled(&self, _: &Parts) -> Response<Bytes> {
        let body = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>ServerBusy</Code>\
                    <Message>The server is busy.</Message></Error>";
        let mut answer = Response::new(Bytes::from_static(body.as_bytes()));
        *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        answer.headers_mut().insert("x-ms-error-code", HeaderValue::from_static("ServerBusy"));
        answer
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn messages_meet_faults_and_queues_do_not() {
        for (method, path, call, twice) in [
            (Method::POST, "/account/orders-0fulfil/messages?messagettl=-1", true, true),
            (Method::GET, "/account/orders-0fulfil/messages?numofmessages=1", true, false),
            (Method::PUT, "/account/orders-0fulfil/messages/id?popreceipt=a", true, false),
            (Method::DELETE, "/account/orders-0fulfil/messages/id?popreceipt=a", true, true),
            (Method::GET, "/account?comp=list&prefix=orders-0", false, false),
            (Method::GET, "/account/orders-0fulfil?comp=metadata", false, false),
        ] {
            let (request, ()) = Request::builder().method(method).uri(path).body(()).unwrap().into_parts();
            assert_eq!(QueueDialect.is_call(&request, b""), call, "{path}");
            assert_eq!(QueueDialect.is_harmless_twice(&request, b""), twice, "{path}");
        }
    }
}
