//! Publishing: through the topic, or if it is to be later, to each of its queues.

use anyport_ports::messages::Outgoing;
use anyport_ports::{Error, ErrorKind, Result, TopicName};
use aws_sdk_sns::operation::publish_batch::PublishBatchError;
use aws_sdk_sns::types::PublishBatchRequestEntry;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchError;
use aws_sdk_sqs::types::{SendMessageBatchRequestEntry, SendMessageBatchResultEntry};
use futures_util::future::{join, join_all};

use super::answers::{Answer, combine};
use super::arn::Arn;
use super::attempt::{attempt, entry_error};
use super::{Services, requests, seconds, wire};
use crate::attempts::Attempts;
use crate::error;

const PUBLISH: &str = "messages.publish";

/// An entry of the batch, by its place there.
struct Entry {
    at: usize,
    body: String,
    delay: i32,
}

impl Services {
    pub(super) async fn publish(&self, topic: &TopicName, batch: &[Outgoing]) -> Result<Vec<Result<()>>> {
        let arn = self.topic_arn(PUBLISH, topic).await?;
        let entries = batch.iter().enumerate().map(|(at, outgoing)| {
            let delay = seconds::at_least(outgoing.delay);
            Entry { at, body: wire::body(&outgoing.message), delay }
        });
        let (later, now): (Vec<Entry>, Vec<Entry>) = entries.partition(|entry| entry.delay > 0);
        // Before anything is published: an error of it is one of the whole call.
        let queues = if later.is_empty() { Vec::new() } else { self.queues(topic, &arn).await? };

        let published = join_all(runs(&now).into_iter().map(|run| self.publish_now(topic, &arn, run)));
        let later = runs(&later);
        let sends = queues.iter().flat_map(|url| later.iter().map(move |run| self.send_later(topic, url, run)));
        let (published, sent) = join(published, join_all(sends)).await;
        let answers: Vec<Answer> = published.into_iter().chain(sent).collect();
        combine(batch.len(), answers).inspect_err(|error| {
            if error.kind() == ErrorKind::NotFound {
                self.forget_topic(topic);
            }
        })
    }

    /// Publishes entries through the topic.
    async fn publish_now(&self, topic: &TopicName, arn: &str, run: &[Entry]) -> Answer {
        let entries = run
            .iter()
            .map(|entry| PublishBatchRequestEntry::builder().id(entry.at.to_string()).message(&entry.body).build());
        let refused = async {
            let entries = entries.collect::<Result<Vec<_>, _>>().map_err(|error| unmade(topic, &error))?;
            let request = self.sns.publish_batch().topic_arn(arn).set_publish_batch_request_entries(Some(entries));
            let (answer, attempts) =
                attempt!(aws_sdk_sns, PublishBatchError, request).map_err(|failure| failure.told(PUBLISH, topic))?;
            let accepted = answer.successful().iter().filter_map(|entry| entry.id());
            let refused =
                answer.failed().iter().map(|entry| (entry.id(), entry.code(), entry.message(), entry.sender_fault()));
            Ok(refusals(topic, run, &attempts, accepted, refused))
        };
        Answer { entries: places(run), refused: refused.await }
    }

    /// Sends entries to one queue of the topic, to be delivered later.
    async fn send_later(&self, topic: &TopicName, url: &str, run: &[Entry]) -> Answer {
        let entries = run.iter().map(|entry| {
            let builder = SendMessageBatchRequestEntry::builder().id(entry.at.to_string());
            builder.message_body(&entry.body).delay_seconds(entry.delay).build()
        });
        let refused = async {
            let entries = entries.collect::<Result<Vec<_>, _>>().map_err(|error| unmade(topic, &error))?;
            let request = self.sqs.send_message_batch().queue_url(url).set_entries(Some(entries));
            let (answer, attempts) = attempt!(aws_sdk_sqs, SendMessageBatchError, request)
                .map_err(|failure| failure.told(PUBLISH, topic))?;
            let accepted = answer.successful().iter().map(SendMessageBatchResultEntry::id);
            let refused =
                answer.failed().iter().map(|entry| (entry.id(), entry.code(), entry.message(), entry.sender_fault()));
            Ok(refusals(topic, run, &attempts, accepted, refused))
        };
        Answer { entries: places(run), refused: refused.await }
    }

    /// The URLs of the queues that are subscribed to the topic.
    async fn queues(&self, topic: &TopicName, arn: &str) -> Result<Vec<String>> {
        let mut urls = Vec::new();
        let mut pages = self.sns.list_subscriptions_by_topic().topic_arn(arn).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|failure| error::of(PUBLISH, topic, &failure))?;
            let endpoints = page.subscriptions().iter().filter_map(|subscription| subscription.endpoint());
            for queue in endpoints.filter_map(Arn::parse).filter(|endpoint| endpoint.service == "sqs") {
                urls.push(self.url_of(PUBLISH, topic, &queue).await?);
            }
        }
        Ok(urls)
    }
}

/// The entries in runs that each fit one request.
fn runs(entries: &[Entry]) -> Vec<&[Entry]> {
    let sizes: Vec<usize> = entries.iter().map(|entry| entry.body.len()).collect();
    requests::runs(&sizes).into_iter().map(|run| &entries[run]).collect()
}

fn places(run: &[Entry]) -> Vec<usize> {
    run.iter().map(|entry| entry.at).collect()
}

fn unmade(topic: &TopicName, error: &dyn std::error::Error) -> Error {
    let message = "the request could not be made";
    Error::new(ErrorKind::Internal, message).caused_by(error.to_string()).during(PUBLISH, topic)
}

/// The entries that were not accepted: those that were refused, and those of which the answer says nothing.
fn refusals<'a>(
    topic: &TopicName,
    run: &[Entry],
    attempts: &Attempts,
    accepted: impl Iterator<Item = &'a str>,
    refused: impl Iterator<Item = (&'a str, &'a str, Option<&'a str>, bool)>,
) -> Vec<(usize, Error)> {
    let mut refusals: Vec<(usize, Error)> = refused
        .filter_map(|(id, code, message, sender_fault)| {
            let error = entry_error(attempts, (code, message), sender_fault, (PUBLISH, topic));
            id.parse().ok().map(|at| (at, error))
        })
        .collect();
    let mut mentioned: Vec<usize> = accepted.filter_map(|id| id.parse().ok()).collect();
    mentioned.extend(refusals.iter().map(|(at, _)| *at));
    for entry in run.iter().filter(|entry| !mentioned.contains(&entry.at)) {
        let message = "the service's answer does not mention the message: publish it again";
        refusals.push((entry.at, Error::new(ErrorKind::Indeterminate, message).during(PUBLISH, topic)));
    }
    refusals
}
