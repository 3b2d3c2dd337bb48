//! Pub/Sub's subscriber over gRPC, as its proto has it: pull, deadlines, acknowledgements.

use std::time::Duration;

use anyport_ports::{Error, ErrorKind, Result};
use google_cloud_auth::credentials::{CacheableResource, Credentials};
use googleapis_tonic_google_pubsub_v1::google::pubsub::v1::subscriber_client::SubscriberClient;
use googleapis_tonic_google_pubsub_v1::google::pubsub::v1::{
    AcknowledgeRequest, GetSubscriptionRequest, ModifyAckDeadlineRequest, PullRequest, ReceivedMessage, Subscription,
};
use http::{Extensions, HeaderMap, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tonic::Request;
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};

use crate::access::Access;
use crate::error::Failure;
use crate::error::attempts::{Attempts, Ended, run, within};

/// Longest wait for a connection, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How often a connection in use is asked whether it still stands, and how long it may take to say so.
const KEEP_ALIVE: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(10));

/// Larger than any answer of ten messages.
const MAX_ANSWER: usize = 64 << 20;

/// Whether an ack id settled its delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    Yes,
    /// The delivery was over.
    Stale,
}

/// What is to become of deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settle {
    /// They are never delivered again.
    Acknowledge,
    /// They are kept from other consumers for so many seconds from now; none at all is giving them back.
    Hold(u32),
}

/// A subscriber. Clones share a connection.
#[derive(Clone)]
pub(super) struct Subscriber {
    client: SubscriberClient<Channel>,
    credentials: Credentials,
}

impl Subscriber {
    /// Nothing is connected yet.
    pub(super) fn new(access: &Access) -> Result<Self> {
        let invalid = |error: tonic::transport::Error| {
            let message = format!("{:?} is no endpoint of Pub/Sub", access.endpoint);
            Error::new(ErrorKind::InvalidInput, message).caused_by(error)
        };
        let mut endpoint = Endpoint::from_shared(access.endpoint.clone())
            .map_err(invalid)?
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(KEEP_ALIVE.0)
            .keep_alive_timeout(KEEP_ALIVE.1);
        if access.endpoint.starts_with("https://") {
            endpoint = endpoint.tls_config(ClientTlsConfig::new().with_native_roots()).map_err(invalid)?;
        }
        let client = SubscriberClient::new(endpoint.connect_lazy()).max_decoding_message_size(MAX_ANSWER);
        Ok(Self { client, credentials: access.credentials.clone() })
    }

    /// A request on behalf of the caller, sent to where the subscription is.
    async fn request<T>(&self, subscription: &str, time: Duration, body: T) -> Result<Request<T>, Failure> {
        let headers = self.credentials.headers(Extensions::new()).await.map_err(Failure::of_credentials)?;
        let mut headers = match headers {
            CacheableResource::New { data, .. } => data,
            // Only for who keeps headers.
            CacheableResource::NotModified => HeaderMap::new(),
        };
        let routing = format!("subscription={}", utf8_percent_encode(subscription, NON_ALPHANUMERIC));
        if let Ok(routing) = HeaderValue::from_str(&routing) {
            headers.insert("x-goog-request-params", routing);
        }
        let mut request = Request::from_parts(MetadataMap::from_headers(headers), tonic::Extensions::new(), body);
        request.set_timeout(time);
        Ok(request)
    }

    /// How the subscription is made.
    pub(super) async fn describe(&self, subscription: &str) -> Result<Subscription, Ended> {
        run(Duration::ZERO, |time| async move {
            let body = GetSubscriptionRequest { subscription: subscription.to_owned() };
            let request = self.request(subscription, time, body).await?;
            let answer = self.client.clone().get_subscription(request).await.map_err(Failure::of_status)?;
            Ok(answer.into_inner())
        })
        .await
    }

    /// Takes up to so many messages, waiting so long while there is none.
    pub(super) async fn pull(
        &self,
        subscription: &str,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<ReceivedMessage>, Ended> {
        if !wait.is_zero() {
            return self.wait_for(subscription, max, wait).await;
        }
        run(Duration::ZERO, |time| self.pull_once(subscription, max, true, time)).await
    }

    /// Pub/Sub itself holds the request open for as long as the caller allows.
    async fn wait_for(&self, subscription: &str, max: usize, wait: Duration) -> Result<Vec<ReceivedMessage>, Ended> {
        let mut attempts = Attempts::waiting(wait);
        let until = tokio::time::Instant::now() + wait;
        loop {
            let left = until.saturating_duration_since(tokio::time::Instant::now());
            match within(left, self.pull_once(subscription, max, false, left)).await {
                Ok(received) => return Ok(received),
                Err(failure) if tokio::time::Instant::now() >= until && failure.is_late() => return Ok(Vec::new()),
                Err(failure) => {
                    if !attempts.again(&failure).await {
                        return Err(Ended::new(failure, attempts));
                    }
                }
            }
        }
    }

    async fn pull_once(
        &self,
        subscription: &str,
        max: usize,
        at_once: bool,
        time: Duration,
    ) -> Result<Vec<ReceivedMessage>, Failure> {
        #[expect(
            deprecated,
            reason = "the one way to ask without waiting: who lets a waiting request go may lose an answer"
        )]
        let body = PullRequest {
            subscription: subscription.to_owned(),
            return_immediately: at_once,
            max_messages: i32::try_from(max).unwrap_or(1),
        };
        let request = self.request(subscription, time, body).await?;
        let answer = self.client.clone().pull(request).await.map_err(Failure::of_status)?;
        Ok(answer.into_inner().received_messages)
    }

    /// Settles deliveries: what became of each, in order.
    pub(super) async fn settle(
        &self,
        subscription: &str,
        ack_ids: &[&str],
        how: Settle,
    ) -> Vec<Result<Settled, std::sync::Arc<Ended>>> {
        let mut results: Vec<Result<Settled, std::sync::Arc<Ended>>> =
            ack_ids.iter().map(|_| Ok(Settled::Yes)).collect();
        let mut left: Vec<usize> = (0..ack_ids.len()).collect();
        let mut attempts = Attempts::waiting(Duration::ZERO);
        while !left.is_empty() {
            let ids = left.iter().map(|at| ack_ids[*at].to_owned()).collect();
            let time = attempts.time();
            let Err(failure) = within(time, self.settle_once(subscription, ids, how, time)).await else { break };
            if !failure.acks().is_empty() {
                // All others are done.
                let (permanent, transient) = (&failure.acks().permanent, &failure.acks().transient);
                for at in left.iter().filter(|at| permanent.contains(ack_ids[**at])) {
                    results[*at] = Ok(Settled::Stale);
                }
                left.retain(|at| transient.contains(ack_ids[*at]));
                if left.is_empty() {
                    break;
                }
            }
            if !attempts.again(&failure).await {
                let ended = std::sync::Arc::new(Ended::new(failure, attempts));
                for at in left {
                    results[at] = Err(std::sync::Arc::clone(&ended));
                }
                break;
            }
        }
        results
    }

    async fn settle_once(
        &self,
        subscription: &str,
        ack_ids: Vec<String>,
        how: Settle,
        time: Duration,
    ) -> Result<(), Failure> {
        let (mut client, subscription_name) = (self.client.clone(), subscription.to_owned());
        let answer = match how {
            Settle::Acknowledge => {
                let body = AcknowledgeRequest { subscription: subscription_name, ack_ids };
                client.acknowledge(self.request(subscription, time, body).await?).await
            }
            Settle::Hold(seconds) => {
                let ack_deadline_seconds = i32::try_from(seconds).unwrap_or(i32::MAX);
                let body = ModifyAckDeadlineRequest { subscription: subscription_name, ack_ids, ack_deadline_seconds };
                client.modify_ack_deadline(self.request(subscription, time, body).await?).await
            }
        };
        answer.map(drop).map_err(Failure::of_status)
    }
}
