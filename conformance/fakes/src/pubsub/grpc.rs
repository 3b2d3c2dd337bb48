//! The side of publishers and subscribers: gRPC, routed by hand.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use googleapis_tonic_google_pubsub_v1::google::pubsub::v1::{
    AcknowledgeRequest, GetSubscriptionRequest, ModifyAckDeadlineRequest, PublishRequest, PublishResponse, PullRequest,
    PullResponse, Subscription,
};
use prost::Message;
use tokio::time::Instant;
use tonic::server::UnaryService;
use tonic::{Code, Status};
use tonic_prost::ProstCodec;

use super::refusal::Refusal;
use super::store::{Settling, Store};
use super::streaming;

/// The largest request: more than Pub/Sub takes, so that it is refused in its own words.
pub(super) const MAX_REQUEST: usize = 64 << 20;

/// How long a pull waits for a message.
const PULL_WAITS: Duration = Duration::from_mins(1);

type Answer<T> = Result<T, Status>;
type Waiting<T> = Pin<Box<dyn Future<Output = Result<tonic::Response<T>, Status>> + Send>>;

pub(super) fn routes() -> Router<Arc<Store>> {
    const PUBLISHER: &str = "/google.pubsub.v1.Publisher";
    const SUBSCRIBER: &str = "/google.pubsub.v1.Subscriber";
    Router::new()
        .route(&format!("{PUBLISHER}/Publish"), post(|store, request| unary(store, request, publish)))
        .route(&format!("{SUBSCRIBER}/GetSubscription"), post(|store, request| unary(store, request, get_subscription)))
        .route(&format!("{SUBSCRIBER}/Pull"), post(|store, request| unary(store, request, pull)))
        .route(&format!("{SUBSCRIBER}/Acknowledge"), post(|store, request| unary(store, request, acknowledge)))
        .route(&format!("{SUBSCRIBER}/ModifyAckDeadline"), post(|store, request| unary(store, request, modify)))
        .route(&format!("{SUBSCRIBER}/StreamingPull"), post(streaming::pull))
}

/// Answers one request by a function of the store and the message.
async fn unary<M, R, F>(State(store): State<Arc<Store>>, request: Request, answer: fn(Arc<Store>, M) -> F) -> Response
where
    M: Message + Default + Send + Sync + 'static,
    R: Message + Default + Send + Sync + 'static,
    F: Future<Output = Answer<R>> + Send + 'static,
{
    let mut grpc = tonic::server::Grpc::new(ProstCodec::<R, M>::default()).max_decoding_message_size(MAX_REQUEST);
    grpc.unary(Call { store, answer }, request).await.map(Body::new)
}

struct Call<M, F> {
    store: Arc<Store>,
    answer: fn(Arc<Store>, M) -> F,
}

impl<M, R, F> UnaryService<M> for Call<M, F>
where
    F: Future<Output = Answer<R>> + Send + 'static,
    R: 'static,
{
    type Response = R;
    type Future = Waiting<R>;

    fn call(&mut self, request: tonic::Request<M>) -> Self::Future {
        let answer = (self.answer)(Arc::clone(&self.store), request.into_inner());
        Box::pin(async { answer.await.map(tonic::Response::new) })
    }
}

async fn publish(store: Arc<Store>, request: PublishRequest) -> Answer<PublishResponse> {
    let message_ids = store.publish(&request.topic, request.messages)?;
    Ok(PublishResponse { message_ids })
}

async fn get_subscription(store: Arc<Store>, request: GetSubscriptionRequest) -> Answer<Subscription> {
    Ok(store.subscription(&request.subscription)?.to_proto())
}

async fn pull(store: Arc<Store>, request: PullRequest) -> Answer<PullResponse> {
    let max = usize::try_from(request.max_messages).ok().filter(|max| *max > 0);
    let max = max.ok_or_else(|| Refusal::invalid("max_messages must be greater than 0"))?;
    let until = Instant::now() + PULL_WAITS;
    let changed = store.changed(&request.subscription)?;
    loop {
        // Before it is looked: what changes in between is told.
        let mut told = std::pin::pin!(changed.notified());
        told.as_mut().enable();
        let received_messages = store.take(&request.subscription, max, None)?;
        #[expect(deprecated, reason = "subscribers that do not want to wait set it all the same")]
        let at_once = request.return_immediately;
        if at_once || !received_messages.is_empty() {
            return Ok(PullResponse { received_messages });
        }
        if tokio::time::timeout_at(until, told).await.is_err() {
            return Ok(PullResponse::default());
        }
    }
}

async fn acknowledge(store: Arc<Store>, request: AcknowledgeRequest) -> Answer<()> {
    confirmed(store.acknowledge(&request.subscription, &request.ack_ids)?)
}

async fn modify(store: Arc<Store>, request: ModifyAckDeadlineRequest) -> Answer<()> {
    confirmed(store.modify(&request.subscription, &request.ack_ids, request.ack_deadline_seconds)?)
}

/// Tells which ack ids did nothing, as exactly-once delivery does: in the details of an error, though the others did.
fn confirmed(settling: Settling) -> Answer<()> {
    if settling.stale.is_empty() {
        return Ok(());
    }
    let metadata = settling.stale.into_iter().map(|ack_id| (ack_id, "PERMANENT_FAILURE_INVALID_ACK_ID".to_owned()));
    let info = ErrorInfo {
        reason: "EXACTLY_ONCE_ACKID_FAILURE".to_owned(),
        domain: "pubsub.googleapis.com".to_owned(),
        metadata: metadata.collect(),
    };
    let message = "Some acknowledgement ids in the request were invalid.";
    let details = vec![Any { type_url: ERROR_INFO.to_owned(), value: info.encode_to_vec() }];
    let code = Code::FailedPrecondition;
    let status = RpcStatus { code: code.into(), message: message.to_owned(), details };
    Err(Status::with_details(code, message, status.encode_to_vec().into()))
}

const ERROR_INFO: &str = "type.googleapis.com/google.rpc.ErrorInfo";

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    pub(super) details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) value: Vec<u8>,
}

/// `google.rpc.ErrorInfo`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ErrorInfo {
    #[prost(string, tag = "1")]
    reason: String,
    #[prost(string, tag = "2")]
    domain: String,
    #[prost(map = "string, string", tag = "3")]
    pub(super) metadata: HashMap<String, String>,
}
