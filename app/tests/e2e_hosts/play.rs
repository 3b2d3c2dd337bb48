//! Plays the table on a host, and writes the transcript.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyport_ports::BucketName;
use anyport_ports::blobs::ListBlobs;
use serde_json::Value;

use crate::hosts::{Host, HttpRequest};
use crate::scenario::{Place, Request, Step};
use crate::storefront_server::tokens;
use crate::transcript::{Answer, Transcript};
use crate::world::World;

/// How long anything may take to happen.
const DEADLINE: Duration = Duration::from_mins(1);

/// Plays every step of the table; returns the transcript, what is stored in the end included.
pub(crate) async fn play(steps: &[Step], host: &mut dyn Host, world: &World) -> String {
    let mut play = Play { host, world, taken: BTreeMap::new(), transcript: Transcript::default() };
    for step in steps {
        play.step(step).await;
    }
    let Play { mut transcript, .. } = play;
    world.dump(&mut transcript).await;
    transcript.into_text()
}

struct Play<'a> {
    host: &'a mut dyn Host,
    world: &'a World,
    taken: BTreeMap<&'static str, String>,
    transcript: Transcript,
}

impl Play<'_> {
    async fn step(&mut self, step: &Step) {
        match step {
            Step::Ask(request) => {
                let answer = self.ask(request).await;
                self.keep(request, &answer);
            }
            Step::AskUntil(request, pointer, text) => {
                let answer = self.ask_until(request, pointer, text).await;
                self.keep(request, &answer);
            }
            Step::Upload { url, content_type, content } => {
                self.transcript.note("> an upload");
                self.world.upload(&self.filled(url), content_type, content).await;
            }
            Step::Follow { url } => {
                let text = self.world.follow(&self.filled(url)).await;
                self.transcript.note(&format!("> a signed URL is followed\n{text}"));
            }
            Step::Age { user, order } => {
                self.transcript.note(&format!("> two days pass for {order}"));
                self.world.age(&self.filled(user), order).await;
            }
            Step::Carried { bucket, name, correlation, trace } => {
                self.transcript.note(&format!("> {name} was made in {correlation}"));
                let bucket = BucketName::new(*bucket).expect("a name");
                self.world.carries(&bucket, &self.filled(name), correlation, trace).await;
            }
            Step::Erased { bucket, prefix } => {
                self.transcript.note(&format!("> nothing is left in {bucket} below {prefix}"));
                self.erased(&BucketName::new(*bucket).expect("a name"), &self.filled(prefix)).await;
            }
            Step::Fire { function } => {
                self.transcript.note(&format!("> {function} fires"));
                self.host.fire(function).await;
            }
        }
    }

    async fn ask(&mut self, request: &Request) -> Answer {
        let headers = request.headers.iter().map(|(name, value)| ((*name).to_owned(), self.filled(value))).collect();
        let target = self.filled(request.target);
        let mut headers: Vec<(String, String)> = headers;
        if !headers.iter().any(|(name, _)| name == "authorization") {
            headers.extend(tokens::for_target(&target).map(|bearer| ("authorization".to_owned(), bearer)));
        }
        self.host.ask(&HttpRequest { method: request.method, target, headers, body: request.body.clone() }).await
    }

    async fn ask_until(&mut self, request: &Request, pointer: &str, text: &str) -> Answer {
        let start = Instant::now();
        loop {
            let answer = self.ask(request).await;
            let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            if body.pointer(pointer).and_then(Value::as_str) == Some(text) {
                return answer;
            }
            assert!(start.elapsed() < DEADLINE, "{}: {pointer} is not {text:?}: {answer:?}", request.target);
            self.host.deliver().await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until no blob of the bucket has a name that begins so.
    async fn erased(&mut self, bucket: &BucketName, prefix: &str) {
        let start = Instant::now();
        loop {
            let page = self.world.stores.blobs.list(bucket, &ListBlobs::prefix(prefix)).await.expect("a page");
            if page.blobs.is_empty() {
                return;
            }
            assert!(start.elapsed() < DEADLINE, "{bucket}: {:?} are not erased", page.blobs);
            self.host.deliver().await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Notes the answer, and takes of it what later requests need.
    fn keep(&mut self, request: &Request, answer: &Answer) {
        self.transcript.note(&format!("> {} {}", request.method, request.target));
        for (name, value) in &request.headers {
            self.transcript.note(&format!("> {name}: {value}"));
        }
        self.transcript.answer(answer);
        for (name, place) in &request.takes {
            let taken = match place {
                Place::Header(header) => answer.header(header).map(str::to_owned),
                Place::Body(pointer) => {
                    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                    body.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
                }
            };
            let taken = taken.unwrap_or_else(|| panic!("no {name} in {answer:?} to {}", request.target));
            self.taken.insert(name, taken);
        }
    }

    fn filled(&self, template: &str) -> String {
        let fill = |text: String, (name, value): (&&str, &String)| text.replace(&format!("{{{name}}}"), value);
        self.taken.iter().fold(template.to_owned(), fill)
    }
}
