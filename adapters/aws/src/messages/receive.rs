//! Receiving.

use std::time::Duration;

use anyport_ports::Result;
use anyport_ports::messages::{Delivery, Receive, Subscription};
use aws_sdk_sqs::config::Config;
use aws_sdk_sqs::operation::receive_message::ReceiveMessageError;
use aws_sdk_sqs::types::{Message as SqsMessage, MessageAttributeValue, MessageSystemAttributeName};
use aws_smithy_types::timeout::TimeoutConfig;

use super::attempt::attempt;
use super::{REASON_ATTRIBUTE, Services, receipt, seconds, wire};
use crate::connection::timeouts;

const RECEIVE: &str = "messages.receive";

/// Why a message is with the dead letters that SQS moved there by itself.
const EXHAUSTED: &str = "attempts exhausted: delivered as often as its subscription allows, and never acknowledged";

impl Services {
    pub(super) async fn receive(&self, subscription: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let messages = self.take(RECEIVE, subscription, receive).await?;
        let mut deliveries = Vec::with_capacity(messages.len());
        for message in messages {
            match delivery(&message, subscription.is_dead_letters()) {
                Ok(delivery) => deliveries.push(delivery),
                Err(unfit) if !subscription.is_dead_letters() => {
                    let reason = format!("it cannot be delivered: {}", unfit.message());
                    // If this fails it comes again, and in the end SQS moves it by itself.
                    let held = (message.receipt_handle().unwrap_or_default(), message.body().unwrap_or_default());
                    let _left_to_sqs = self.bury(RECEIVE, subscription, held, &reason).await;
                }
                // Among the dead letters it stays, for people to look at.
                Err(_) => {}
            }
        }
        Ok(deliveries)
    }

    /// Takes what the queue of the subscription has.
    pub(super) async fn take(
        &self,
        operation: &'static str,
        subscription: &Subscription,
        receive: Receive,
    ) -> Result<Vec<SqsMessage>> {
        let url = self.queue_url(operation, subscription).await?;
        let wait = seconds::at_most(receive.wait());
        let request = self
            .sqs
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(i32::try_from(receive.max()).unwrap_or(1))
            .visibility_timeout(seconds::at_least(receive.lease()))
            .wait_time_seconds(wait)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_attribute_names(REASON_ATTRIBUTE);
        let config = Config::builder().timeout_config(waiting(receive.wait()));
        let answer = attempt!(aws_sdk_sqs, ReceiveMessageError, request, config);
        let (answer, _) = answer.map_err(|failure| self.noted(subscription, failure.told(operation, subscription)))?;
        Ok(answer.messages.unwrap_or_default())
    }
}

/// The timeouts of a request that the service may hold open for so long before it answers.
fn waiting(wait: Duration) -> TimeoutConfig {
    let usual = timeouts();
    let later = |timeout: Option<Duration>| timeout.map(|timeout| timeout + wait);
    let (attempt, operation) = (usual.operation_attempt_timeout(), usual.operation_timeout());
    let mut longer = usual.to_builder();
    longer.set_operation_attempt_timeout(later(attempt)).set_operation_timeout(later(operation));
    longer.build()
}

fn delivery(message: &SqsMessage, dead: bool) -> Result<Delivery> {
    let body = message.body().unwrap_or_default();
    let (event, body) = wire::message(body, message.message_id().unwrap_or_default())?;
    let attempt = message
        .attributes()
        .and_then(|attributes| attributes.get(&MessageSystemAttributeName::ApproximateReceiveCount))
        .and_then(|count| count.parse().ok());
    Ok(Delivery {
        message: event,
        receipt: receipt::receipt(message.receipt_handle().unwrap_or_default(), &body),
        attempt: attempt.unwrap_or(1),
        dead_letter_reason: dead.then(|| reason(message).unwrap_or_else(|| EXHAUSTED.to_owned())),
    })
}

/// The reason that a dead letter was given up with.
fn reason(message: &SqsMessage) -> Option<String> {
    let attribute = message.message_attributes()?.get(REASON_ATTRIBUTE)?;
    match (attribute.string_value(), attribute.binary_value()) {
        (Some(text), _) => Some(text.to_owned()),
        (None, Some(bytes)) => String::from_utf8(bytes.as_ref().to_vec()).ok(),
        (None, None) => None,
    }
}

/// The attribute of a reason: text, or as bytes what SQS does not admit as text. It holds no empty one.
pub(super) fn reason_attribute(reason: &str) -> Option<MessageAttributeValue> {
    let builder = MessageAttributeValue::builder();
    let builder = if wire::is_text(reason) {
        builder.data_type("String").string_value(reason)
    } else if reason.is_empty() {
        builder.data_type("String").string_value("given up without a reason")
    } else {
        builder.data_type("Binary").binary_value(aws_smithy_types::Blob::new(reason))
    };
    builder.build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dead(reason: &str) -> SqsMessage {
        let body = r#"{"specversion":"1.0","id":"1","source":"s","type":"t"}"#;
        let attribute = reason_attribute(reason).unwrap();
        SqsMessage::builder()
            .body(body)
            .receipt_handle("handle")
            .message_attributes(REASON_ATTRIBUTE, attribute)
            .build()
    }

    #[test]
    fn reasons_come_back_exactly() {
        for reason in ["the customer é \"left\"", "line\nfeed", "nul \u{0}", "\u{ffff}"] {
            let delivery = delivery(&dead(reason), true).unwrap();
            assert_eq!(delivery.dead_letter_reason.as_deref(), Some(reason));
        }
        assert!(delivery(&dead(""), true).unwrap().dead_letter_reason.is_some_and(|reason| !reason.is_empty()));
        assert_eq!(delivery(&dead("x"), false).unwrap().dead_letter_reason, None);
    }

    #[test]
    fn what_sqs_moved_by_itself_has_a_reason_too() {
        let message = SqsMessage::builder().body("foreign").message_id("1").build();
        assert_eq!(delivery(&message, true).unwrap().dead_letter_reason.as_deref(), Some(EXHAUSTED));
    }

    #[test]
    fn a_request_that_waits_has_the_more_time() {
        let (usual, longer) = (timeouts(), waiting(Duration::from_secs(20)));
        let more = |timeout: Option<Duration>| timeout.map(|timeout| timeout + Duration::from_secs(20));
        assert_eq!(longer.operation_attempt_timeout(), more(usual.operation_attempt_timeout()));
        assert_eq!(longer.operation_timeout(), more(usual.operation_timeout()));
        assert_eq!(longer.connect_timeout(), usual.connect_timeout());
    }
}
