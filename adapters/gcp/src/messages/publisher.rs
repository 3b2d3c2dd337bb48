//! Google's publisher, which makes batches, under attempts of our own: it tells only the last failure of its own ones.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use google_cloud_gax::retry_policy::{NeverRetry, RetryPolicyExt as _};
use google_cloud_pubsub::client::{BasePublisher, Publisher};
use google_cloud_pubsub::error::PublishError;
use google_cloud_pubsub::model;
use tokio::sync::OnceCell;

use super::wire::Letter;
use crate::access::Access;
use crate::error::Failure;
use crate::error::attempts::{ATTEMPT_TIMEOUT, Attempts, Ended, within};

/// How long a message waits for others of its batch: those of one call come at once.
const GATHER: Duration = Duration::from_millis(1);

/// Publishes to any topic of a project.
pub(super) struct Publishers {
    access: Access,
    base: OnceCell<BasePublisher>,
    /// By the full name of the topic.
    known: Mutex<HashMap<String, Publisher>>,
}

impl Publishers {
    /// Nothing is connected yet.
    pub(super) fn new(access: &Access) -> Self {
        Self { access: access.clone(), base: OnceCell::new(), known: Mutex::default() }
    }

    /// Publishes letters to the topic of this full name: what became of each, in order. Each may be there twice, as
    /// messages are promised at least once.
    pub(super) async fn publish(&self, topic: &str, letters: &[Letter]) -> Vec<Result<(), Arc<Ended>>> {
        let mut results: Vec<Result<(), Arc<Ended>>> = letters.iter().map(|_| Ok(())).collect();
        let mut left: Vec<usize> = (0..letters.len()).collect();
        let mut attempts = Attempts::waiting(Duration::ZERO);
        loop {
            let run: Vec<&Letter> = left.iter().map(|at| &letters[*at]).collect();
            let failed: Vec<(usize, Failure)> = match self.publish_once(topic, &run, attempts.time()).await {
                Ok(answers) => left.iter().zip(answers).filter_map(|(at, answer)| Some((*at, answer.err()?))).collect(),
                Err(failure) => left.iter().map(|at| (*at, failure.clone())).collect(),
            };
            // One batch is one request, as a rule, so that all failed alike; else the worst is told of all.
            let worst = failed.iter().map(|(_, failure)| failure).max_by_key(|failure| failure.in_doubt()).cloned();
            let Some(worst) = worst else { return results };
            left = failed.into_iter().map(|(at, _)| at).collect();
            if !attempts.again(&worst).await {
                let ended = Arc::new(Ended::new(worst, attempts));
                for at in left {
                    results[at] = Err(Arc::clone(&ended));
                }
                return results;
            }
        }
    }

    async fn publish_once(
        &self,
        topic: &str,
        letters: &[&Letter],
        time: Duration,
    ) -> Result<Vec<Result<(), Failure>>, Failure> {
        let publisher = self.publisher(topic).await?;
        let handed_over = letters.iter().map(|letter| {
            let message = model::Message::new()
                .set_data(letter.data.clone())
                .set_attributes(letter.attributes.iter().map(|(key, value)| (key.clone(), value.clone())));
            publisher.publish(message)
        });
        // All are handed over before any is waited for.
        let handed_over: Vec<_> = handed_over.collect();
        let answers = async { Ok(join_all(handed_over).await) };
        let answers = within(time, answers).await?;
        Ok(answers.into_iter().map(|answer| answer.map(drop).map_err(failure)).collect())
    }

    async fn publisher(&self, topic: &str) -> Result<Publisher, Failure> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(publisher) = known().get(topic) {
            return Ok(publisher.clone());
        }
        let base = self.base.get_or_try_init(|| self.connect()).await?;
        let publisher = base.publisher(topic).set_delay_threshold(GATHER).build();
        Ok(known().entry(topic.to_owned()).or_insert(publisher).clone())
    }

    async fn connect(&self) -> Result<BasePublisher, Failure> {
        BasePublisher::builder()
            .with_endpoint(self.access.endpoint.clone())
            .with_credentials(self.access.credentials.clone())
            .with_retry_policy(NeverRetry.with_time_limit(ATTEMPT_TIMEOUT))
            .build()
            .await
            .map_err(Failure::of_builder)
    }
}

fn failure(error: PublishError) -> Failure {
    match error {
        PublishError::Rpc(error) => Failure::of_client(error),
        other => Failure::ended(other),
    }
}
