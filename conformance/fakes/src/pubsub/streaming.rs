//! `StreamingPull`: messages as they come, up to what the subscriber says it can hold.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::Stream;
use futures_util::stream::unfold;
use googleapis_tonic_google_pubsub_v1::google::pubsub::v1::streaming_pull_response::SubscriptionProperties;
use googleapis_tonic_google_pubsub_v1::google::pubsub::v1::{
    StreamingPullRequest, StreamingPullResponse, Subscription,
};
use tokio::sync::mpsc;
use tonic::server::StreamingService;
use tonic::{Status, Streaming};
use tonic_prost::ProstCodec;

use super::grpc::MAX_REQUEST;
use super::refusal::Refusal;
use super::store::Store;

/// Most messages that a stream holds which does not say how many it can.
const MAY_HOLD: usize = 1000;

/// Most messages in one answer.
const AT_A_TIME: usize = 100;

type Answers = Pin<Box<dyn Stream<Item = Result<StreamingPullResponse, Status>> + Send>>;

pub(super) async fn pull(State(store): State<Arc<Store>>, request: Request) -> Response {
    let codec = ProstCodec::<StreamingPullResponse, StreamingPullRequest>::default();
    let mut grpc = tonic::server::Grpc::new(codec).max_decoding_message_size(MAX_REQUEST);
    grpc.streaming(Pull(store), request).await.map(Body::new)
}

struct Pull(Arc<Store>);

impl StreamingService<StreamingPullRequest> for Pull {
    type Response = StreamingPullResponse;
    type ResponseStream = Answers;
    type Future = Pin<Box<dyn Future<Output = Result<tonic::Response<Answers>, Status>> + Send>>;

    fn call(&mut self, request: tonic::Request<Streaming<StreamingPullRequest>>) -> Self::Future {
        let (store, requests) = (Arc::clone(&self.0), request.into_inner());
        Box::pin(async move {
            let (answers, receiver) = mpsc::channel(1);
            tokio::spawn(serve(store, requests, answers));
            let stream = unfold(receiver, async |mut receiver| receiver.recv().await.map(|next| (next, receiver)));
            Ok(tonic::Response::new(Box::pin(stream) as Answers))
        })
    }
}

type Sender = mpsc::Sender<Result<StreamingPullResponse, Status>>;

/// Serves one stream until either side ends it.
async fn serve(store: Arc<Store>, mut requests: Streaming<StreamingPullRequest>, answers: Sender) {
    let opened = match requests.message().await {
        Ok(Some(first)) => Open::new(Arc::clone(&store), &first),
        // Nobody is there any more.
        Ok(None) | Err(_) => return,
    };
    let ended = match opened {
        Ok(open) => open.run(requests, &answers).await,
        Err(refusal) => Err(refusal.into()),
    };
    if let Err(status) = ended {
        let _gone = answers.send(Err(status)).await;
    }
}

/// A stream that is open.
struct Open {
    store: Arc<Store>,
    subscription: String,
    number: u64,
    deadline: Duration,
    may_hold: usize,
    properties: SubscriptionProperties,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.store.close_stream(&self.subscription);
    }
}

impl Open {
    fn new(store: Arc<Store>, first: &StreamingPullRequest) -> Result<Self, Refusal> {
        const DEADLINE: std::ops::RangeInclusive<i32> = 10..=600;
        let seconds = first.stream_ack_deadline_seconds;
        if !DEADLINE.contains(&seconds) {
            return Err(Refusal::invalid(format!("stream_ack_deadline_seconds is {seconds}: {DEADLINE:?}")));
        }
        let config: Subscription = store.subscription(&first.subscription)?.to_proto();
        let may_hold = usize::try_from(first.max_outstanding_messages).ok().filter(|most| *most > 0);
        let number = store.open_stream(&first.subscription)?;
        let open = Self {
            store,
            subscription: first.subscription.clone(),
            number,
            deadline: Duration::from_secs(u64::try_from(seconds).unwrap_or_default()),
            may_hold: may_hold.unwrap_or(MAY_HOLD),
            properties: SubscriptionProperties {
                exactly_once_delivery_enabled: config.enable_exactly_once_delivery,
                message_ordering_enabled: false,
            },
        };
        open.settle(first)?;
        Ok(open)
    }

    async fn run(&self, mut requests: Streaming<StreamingPullRequest>, answers: &Sender) -> Result<(), Status> {
        let changed = self.store.changed(&self.subscription)?;
        loop {
            let mut told = std::pin::pin!(changed.notified());
            told.as_mut().enable();
            let share = self.store.share(&self.subscription, self.number, self.may_hold)?;
            // A place for the answer first: what is taken for one who is gone would be held for nobody.
            if share > 0
                && let Ok(place) = answers.reserve().await
            {
                let most = share.min(AT_A_TIME);
                let received = self.store.take(&self.subscription, most, Some((self.number, self.deadline)))?;
                if !received.is_empty() {
                    place.send(Ok(StreamingPullResponse {
                        received_messages: received,
                        subscription_properties: Some(self.properties),
                        ..Default::default()
                    }));
                    continue;
                }
            }
            tokio::select! {
                () = told => {}
                () = answers.closed() => return Ok(()),
                request = requests.message() => match request? {
                    Some(request) => self.settle(&request)?,
                    None => return Ok(()),
                },
            }
        }
    }

    /// Does what a request says of messages that were delivered.
    fn settle(&self, request: &StreamingPullRequest) -> Result<(), Refusal> {
        if !request.ack_ids.is_empty() {
            self.store.acknowledge(&self.subscription, &request.ack_ids)?;
        }
        for (ack_id, seconds) in request.modify_deadline_ack_ids.iter().zip(&request.modify_deadline_seconds) {
            self.store.modify(&self.subscription, std::slice::from_ref(ack_id), *seconds)?;
        }
        Ok(())
    }
}
