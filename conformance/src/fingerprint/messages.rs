//! The trace of a store of messages.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyport_ports::messages::{Batch, Delay, Delivery, Lease, Message, Outgoing, Receive, Subscription};
use anyport_ports::{Error, Result, TopicName};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

use super::Transcript;
use super::transcript::digest;
use crate::check::{Context, Violation};
use crate::subject::{MessageStore, Subject};
use crate::suite::{ATTEMPTS, NEWS, resources};

/// Published in so many batches of up to ten.
const BATCHES: u64 = 4;

/// Long enough that no lease ends during the trace.
const LEASE: Duration = Duration::from_mins(10);

/// How long a message may take to arrive.
const ARRIVES: Duration = Duration::from_secs(30);

pub(super) async fn trace(subject: &dyn Subject<MessageStore>, seed: u64) -> Result<Transcript, Violation> {
    let cx = Context::fresh(subject, &resources(), seed).await?;
    let mut random = ChaCha20Rng::seed_from_u64(seed);
    let store = cx.connect().await?;
    let mut tracer = Tracer { cx, store, transcript: Transcript::default() };
    tracer.unknown().await?;
    let published = tracer.publish(&mut random).await?;
    for name in ["first", "second"] {
        let salt = random.next_u64();
        tracer.consume(&Subscription::new(NEWS, name)?, &published, salt).await?;
    }
    Ok(tracer.transcript)
}

struct Tracer {
    cx: Context<MessageStore>,
    store: MessageStore,
    transcript: Transcript,
}

/// What the consumer does with a delivery.
enum Deed {
    Ack,
    ExtendAndAck,
    Nack,
    DeadLetter,
}

impl Deed {
    /// Drawn from the message, its attempt and the salt alone, so that the order of delivery does not matter.
    fn of(id: &str, attempt: u32, salt: u64) -> Self {
        let mut random = ChaCha20Rng::seed_from_u64(salt ^ u64::from(attempt) << 48);
        let number: u64 = id.bytes().filter(u8::is_ascii_digit).fold(0, |n, digit| n * 10 + u64::from(digit - b'0'));
        random.set_stream(number);
        match random.next_u32() % 10 {
            0..3 => Self::Ack,
            3 => Self::ExtendAndAck,
            4..9 => Self::Nack,
            _ => Self::DeadLetter,
        }
    }
}

impl Tracer {
    async fn unknown(&mut self) -> Result<(), Violation> {
        let nowhere = TopicName::from_static("never-provisioned");
        let message = Message::new("0", "trace", "lost")?;
        let answer = self.store.messages.publish(&nowhere, &Batch::one(message.into())).await;
        self.transcript.note_result("publish to nowhere", answer, |results| format!("{} results", results.len()));
        let subscription = Subscription::new(NEWS, "nobody")?;
        let answer = self.store.messages.receive(&subscription, Receive::new(1, LEASE)?).await;
        self.transcript.note_result("receive for nobody", answer, |found| format!("{} messages", found.len()));
        Ok(())
    }

    /// Publishes messages of all sorts; returns their ids.
    async fn publish(&mut self, random: &mut ChaCha20Rng) -> Result<BTreeSet<String>, Violation> {
        let mut ids = BTreeSet::new();
        for batch in 0..BATCHES {
            let mut outgoing: Vec<Outgoing> = Vec::new();
            for number in 0..=random.next_u64() % 10 {
                let message = message(batch * 10 + number, random)?;
                ids.insert(message.id().to_owned());
                outgoing.push(message.into());
            }
            let answer = self.store.messages.publish(&NEWS, &Batch::new(outgoing)?).await;
            self.transcript.note_result("publish", answer, |results| {
                let kinds = results.iter().map(|result| result.as_ref().map_err(Error::kind));
                format!("{:?}", kinds.collect::<Vec<_>>())
            });
        }
        Ok(ids)
    }

    /// Takes a subscription's messages round after round until all are settled or dead, then the dead letters.
    async fn consume(&mut self, own: &Subscription, published: &BTreeSet<String>, salt: u64) -> Result<(), Violation> {
        let mut given_up = BTreeSet::new();
        let mut expected = published.clone();
        for attempt in 1..=ATTEMPTS {
            let deliveries = self.receive(own, &expected).await?;
            expected.clear();
            for delivery in deliveries {
                let id = delivery.message.id().to_owned();
                let deed = Deed::of(&id, attempt, salt);
                self.settle(own, &delivery, &deed).await?;
                match deed {
                    Deed::Ack | Deed::ExtendAndAck => {}
                    Deed::Nack if attempt < ATTEMPTS => _ = expected.insert(id),
                    Deed::Nack | Deed::DeadLetter => _ = given_up.insert(id),
                }
            }
        }

        let letters = own.dead_letters();
        let one = Receive::new(10, LEASE)?;
        for delivery in self.receive(&letters, &given_up).await? {
            // Back they go, at once, to be found there by the redrive.
            let answer = self.store.messages.nack(&letters, &delivery.receipt, Delay::NONE).await;
            self.transcript.note_result("keep the dead letter", answer, |()| String::new());
        }
        let redriven = self.redrive(own, given_up.len()).await?;
        self.transcript.note(format!("redriven {redriven}"));
        for delivery in self.receive(own, &given_up).await? {
            self.settle(own, &delivery, &Deed::Ack).await?;
        }
        for empty in [own, &letters] {
            let rest = self.store.messages.receive(empty, one).await;
            self.transcript.note_result(&format!("receive the rest of {empty}"), rest, |rest| rest.len().to_string());
        }
        Ok(())
    }

    /// Redrives until so many dead letters went back, as they may be a while in coming.
    async fn redrive(&self, own: &Subscription, count: usize) -> Result<usize, Violation> {
        let redriven = std::sync::atomic::AtomicUsize::new(0);
        let total = || redriven.load(std::sync::atomic::Ordering::Relaxed);
        self.cx
            .eventually(ARRIVES, || async {
                let left = count.saturating_sub(total());
                if left > 0 {
                    let moved = self.store.messages.redrive(own, left).await?;
                    redriven.fetch_add(moved, std::sync::atomic::Ordering::Relaxed);
                }
                Ok((total() >= count).then_some(()))
            })
            .await?;
        Ok(total())
    }

    /// Receives until all that are expected have come, or none comes any more; notes them in the order of their ids.
    async fn receive(&mut self, from: &Subscription, expected: &BTreeSet<String>) -> Result<Vec<Delivery>, Violation> {
        let receive = Receive::new(10, LEASE)?;
        let found = std::sync::Mutex::new(BTreeMap::new());
        let locked = || found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.cx
            .eventually(ARRIVES, || async {
                while !expected.iter().all(|id| locked().contains_key(id)) {
                    if from.is_dead_letters() {
                        // Some stores move what is exhausted only when its subscription is asked for more, which gives
                        // nothing.
                        let source = Subscription::new(from.topic().clone(), from.name())?;
                        self.store.messages.receive(&source, receive).await?;
                    }
                    let deliveries = self.store.messages.receive(from, receive).await?;
                    if deliveries.is_empty() {
                        return Ok(None);
                    }
                    locked()
                        .extend(deliveries.into_iter().map(|delivery| (delivery.message.id().to_owned(), delivery)));
                }
                Ok(Some(()))
            })
            .await?;
        let found: Vec<Delivery> = locked().values().cloned().collect();
        self.transcript.note(format!("receive {} from {from}", found.len()));
        for delivery in &found {
            self.transcript.note(show(delivery, from.is_dead_letters()));
        }
        Ok(found)
    }

    async fn settle(&mut self, own: &Subscription, delivery: &Delivery, deed: &Deed) -> Result<(), Violation> {
        let messages = &self.store.messages;
        let (id, receipt) = (delivery.message.id(), &delivery.receipt);
        let (what, answer) = match deed {
            Deed::Ack => ("ack", ack(&self.store, own, delivery).await),
            Deed::ExtendAndAck => match messages.extend(own, receipt, Lease::new(LEASE)?).await {
                Ok(()) => ("extend and ack", ack(&self.store, own, delivery).await),
                refused => ("extend", refused),
            },
            Deed::Nack => ("nack", messages.nack(own, receipt, Delay::NONE).await),
            Deed::DeadLetter => {
                ("dead letter", messages.dead_letter(own, receipt, &format!("{id} cannot be done")).await)
            }
        };
        self.transcript.note_result(&format!("{what} {id}"), answer, |()| "done".to_owned());
        Ok(())
    }
}

async fn ack(store: &MessageStore, own: &Subscription, delivery: &Delivery) -> Result<()> {
    let answers = store.messages.ack(own, &Batch::one(delivery.receipt.clone())).await?;
    answers.into_iter().collect()
}

/// A message with data and attributes of all sorts.
fn message(number: u64, random: &mut ChaCha20Rng) -> Result<Message> {
    const TEXTS: [&str; 4] = ["plain", "Größe 😀", "a\"b\\c<>&", "e\u{301}"];
    let text = |random: &mut ChaCha20Rng| TEXTS[random.next_u32() as usize % TEXTS.len()];
    let mut message = Message::new(format!("m{number:03}"), "trace", text(random))?;
    if random.next_u32().is_multiple_of(2) {
        message = message.with_subject(text(random))?;
    }
    for extension in 0..random.next_u32() % 4 {
        message = message.with_extension(format!("x{extension}"), text(random))?;
    }
    if !random.next_u32().is_multiple_of(4) {
        let mut data = vec![0; random.next_u32() as usize % 2_000];
        random.fill_bytes(&mut data);
        message = message.with_data("application/octet-stream", data)?;
    }
    Ok(message)
}

fn show(delivery: &Delivery, dead: bool) -> String {
    let Delivery { message, attempt, dead_letter_reason: reason, .. } = delivery;
    let told = match (dead, reason) {
        (false, None) => format!("attempt {attempt}"),
        (false, Some(_)) => format!("attempt {attempt}, with a reason of dead letters"),
        (true, None) => "dead without a reason".to_owned(),
        // The words are the adapter's own, unless the consumer gave them.
        (true, Some(reason)) if reason.ends_with("cannot be done") => format!("dead: {reason}"),
        (true, Some(_)) => "dead".to_owned(),
    };
    format!(
        "{} {:?} {:?} {:?} {:?} {:?} {} {told}",
        message.id(),
        message.source(),
        message.kind(),
        message.subject(),
        message.content_type(),
        message.extensions(),
        digest(message.data()),
    )
}
