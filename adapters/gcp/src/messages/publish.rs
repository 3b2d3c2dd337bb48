//! Publishing.

use anyport_ports::messages::Outgoing;
use anyport_ports::{Result, TopicName};

use super::Services;
use super::wire::Letter;

const PUBLISH: &str = "messages.publish";

impl Services {
    pub(super) async fn publish(&self, topic: &TopicName, batch: &[Outgoing]) -> Result<Vec<Result<()>>> {
        let letter = |outgoing: &Outgoing| Letter::of(outgoing.message.to_cloud_event()).delayed(outgoing.delay);
        let letters: Vec<Letter> = batch.iter().map(letter).collect();
        let results = self.publishers.publish(&self.names.topic(topic), &letters).await;
        let results = results.into_iter().map(|result| result.map_err(|ended| ended.told(PUBLISH, topic)));
        let results: Vec<Result<()>> = results.collect();
        // A batch is one request, as a rule: what is refused is the whole call.
        match results.iter().find_map(|result| result.as_ref().err()) {
            Some(error) if results.iter().all(Result::is_err) => Err(error.clone()),
            _ => Ok(results),
        }
    }
}
