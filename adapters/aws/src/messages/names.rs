//! What AWS calls a topic and a queue: the topic's ARN, the queue's URL. Looked up once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use anyport_ports::messages::Subscription;
use anyport_ports::{Error, ErrorKind, Result, TopicName};
use aws_credential_types::provider::ProvideCredentials as _;
use tokio::sync::OnceCell;

use super::Services;
use super::arn::{Arn, partition};
use crate::error;

/// Longest name of a topic.
const MAX_TOPIC_BYTES: usize = 256;

/// Longest name of a queue.
const MAX_QUEUE_BYTES: usize = 80;

/// Joins the parts of a queue's name.
const SEPARATOR: char = '_';

/// What was looked up.
#[derive(Default)]
pub(super) struct Names {
    account: OnceCell<Option<String>>,
    topics: Known<TopicName>,
    queues: Known<QueueName>,
}

/// A queue by its name, in another account than the caller's if one is given.
#[derive(Clone, PartialEq, Eq, Hash)]
struct QueueName {
    name: String,
    owner: Option<String>,
}

struct Known<K>(Mutex<HashMap<K, String>>);

impl<K> Default for Known<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Known<K> {
    fn get(&self, key: &K) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn set(&self, key: K, value: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, value.to_owned());
    }

    fn forget(&self, key: &K) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

impl Services {
    /// What the topic is called.
    pub(super) fn topic_name(&self, topic: &TopicName) -> String {
        self.aws.naming().of(topic.as_str(), MAX_TOPIC_BYTES)
    }

    /// What the queue of the subscription is called.
    pub(super) fn queue_name(&self, subscription: &Subscription) -> String {
        self.aws.naming().subscription(subscription, SEPARATOR, MAX_QUEUE_BYTES)
    }

    /// The topic's ARN: put together where the account is known, so that no request is needed.
    pub(super) async fn topic_arn(&self, operation: &'static str, topic: &TopicName) -> Result<String> {
        if let Some(arn) = self.names.topics.get(topic) {
            return Ok(arn);
        }
        let name = self.topic_name(topic);
        let arn = match self.account().await {
            Some(account) => {
                let region = self.aws.region();
                format!("arn:{}:sns:{region}:{account}:{name}", partition(region))
            }
            None => self.find_topic(operation, topic, &name).await?,
        };
        self.remember_topic(topic, &arn);
        Ok(arn)
    }

    pub(super) fn remember_topic(&self, topic: &TopicName, arn: &str) {
        self.names.topics.set(topic.clone(), arn);
    }

    /// Looks the topic up again the next time.
    pub(super) fn forget_topic(&self, topic: &TopicName) {
        self.names.topics.forget(topic);
    }

    /// The account of the credentials, if they tell.
    async fn account(&self) -> Option<String> {
        let find = || async {
            let provider = self.aws.sdk().credentials_provider().ok_or(())?;
            let credentials = provider.provide_credentials().await.map_err(drop)?;
            Ok::<_, ()>(credentials.account_id().map(|account| account.as_str().to_owned()))
        };
        // Without credentials the request that follows says so.
        self.names.account.get_or_try_init(find).await.ok().cloned().flatten()
    }

    async fn find_topic(&self, operation: &'static str, topic: &TopicName, name: &str) -> Result<String> {
        let mut pages = self.sns.list_topics().into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|failure| error::of(operation, topic, &failure))?;
            let arns = page.topics().iter().filter_map(|topic| topic.topic_arn());
            for arn in arns {
                if Arn::parse(arn).is_some_and(|arn| arn.resource == name) {
                    return Ok(arn.to_owned());
                }
            }
        }
        let message = format!("no topic is called {name:?}: provision it, or check the prefix of names and the region");
        Err(Error::new(ErrorKind::NotFound, message).during(operation, topic))
    }

    /// The URL of the subscription's queue.
    pub(super) async fn queue_url(&self, operation: &'static str, subscription: &Subscription) -> Result<String> {
        let queue = QueueName { name: self.queue_name(subscription), owner: None };
        self.find_queue(operation, subscription, queue).await
    }

    /// The URL of the queue of this ARN, to which what was published to the topic goes.
    pub(super) async fn url_of(&self, operation: &'static str, topic: &TopicName, queue: &Arn<'_>) -> Result<String> {
        let queue = QueueName { name: queue.resource.to_owned(), owner: Some(queue.account.to_owned()) };
        self.find_queue(operation, topic, queue).await
    }

    async fn find_queue(
        &self,
        operation: &'static str,
        resource: impl std::fmt::Display,
        queue: QueueName,
    ) -> Result<String> {
        if let Some(url) = self.names.queues.get(&queue) {
            return Ok(url);
        }
        let request =
            self.sqs.get_queue_url().queue_name(&queue.name).set_queue_owner_aws_account_id(queue.owner.clone());
        let answer = request.send().await.map_err(|failure| error::of(operation, &resource, &failure))?;
        let url = answer.queue_url().unwrap_or_default().to_owned();
        self.names.queues.set(queue, &url);
        Ok(url)
    }

    /// The error, of a request to the subscription's queue; if the queue is gone, its URL is looked up again next time.
    pub(super) fn noted(&self, subscription: &Subscription, error: Error) -> Error {
        if error.kind() == ErrorKind::NotFound {
            self.names.queues.forget(&QueueName { name: self.queue_name(subscription), owner: None });
        }
        error
    }
}
