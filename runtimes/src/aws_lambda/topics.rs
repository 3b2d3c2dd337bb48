//! Messages of topics.

use std::collections::HashMap;
use std::fmt;

use anyport_ports::Naming;
use anyport_ports::messages::{Delivery, Message, Receipt, Subscription};
use aws_lambda_events::sns::{SnsEvent, SnsRecord};

use super::EventError;
use crate::events::EventFunction;
use crate::layers::HostContext;

/// The functions of subscriptions by the names of their topics.
pub(super) struct Topics {
    topics: HashMap<String, Vec<EventFunction<Delivery>>>,
}

impl Topics {
    pub(super) fn new(functions: &[(Subscription, EventFunction<Delivery>)], naming: &Naming) -> Self {
        let mut topics: HashMap<String, Vec<_>> = HashMap::new();
        for (subscription, function) in functions {
            topics.entry(naming.of(subscription.topic().as_str(), 256)).or_default().push(function.clone());
        }
        Self { topics }
    }

    /// Calls every function of the topic for each message. The host knows success and failure of the whole alone, so that
    /// after one that failed all are called again; it does not tell which attempt it is.
    pub(super) async fn notify(&self, event: SnsEvent, host: &HostContext) -> Result<(), EventError> {
        let mut result = Ok(());
        for record in event.records {
            let (functions, message) = self.decoded(&record)?;
            for function in functions {
                let receipt = Receipt::new(record.sns.message_id.as_str());
                let delivery = Delivery { message: message.clone(), receipt, attempt: 1, dead_letter_reason: None };
                let (called, span) = function.call(delivery, host.clone()).await;
                span.in_scope(|| match &called {
                    Ok(()) => tracing::info!("done"),
                    Err(fault) => tracing::error!(error = %fault, "failed"),
                });
                if let Err(fault) = called {
                    result = Err(EventError::failed(function.name(), fault));
                }
            }
        }
        result
    }

    fn decoded(&self, record: &SnsRecord) -> Result<(&[EventFunction<Delivery>], Message), EventError> {
        let arn = record.sns.topic_arn.as_str();
        let name = arn.rsplit(':').next().unwrap_or_default();
        let functions = self.topics.get(name.strip_suffix(".fifo").unwrap_or(name));
        let functions =
            functions.ok_or_else(|| EventError::NoFunction { source_name: format!("the topic {arn:?}") })?;
        let message = Message::from_cloud_event(&record.sns.message);
        let message = message.map_err(|error| EventError::malformed("a message of SNS", error.message()))?;
        Ok((functions, message))
    }
}

impl fmt::Debug for Topics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.topics.keys()).finish()
    }
}
