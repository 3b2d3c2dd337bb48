//! What Google's own emulator of Pub/Sub can do, against it: everything else is shown against a fake of ours, which was
//! written from the documentation, and could be wrong as it is.
//!
//! The emulator comes with the Google Cloud CLI. Where that is not installed nothing is verified by it, and the one test
//! there is says so by its name.

#![expect(clippy::unwrap_used, reason = "a test panics where something is not as it must be")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyport_gcp::{PubSubMessages, ServiceSettings};
use anyport_ports::TopicName;
use anyport_ports::messages::{Batch, Delay, Delivery, Message, Messages as _, Receive, Subscription};
use anyport_ports::resources::{Provision as _, Resources, SubscriptionSpec};
use libtest_mimic::{Arguments, Trial};

/// Host and port of Google's emulator, as `anyport emulators` tells them.
const HOST: &str = "ANYPORT_GOOGLE_PUBSUB_EMULATOR_HOST";

const NEWS: TopicName = TopicName::from_static("news");
const FIRST: Subscription = Subscription::from_static(NEWS, "first");

/// How long the emulator may take to hand out what it has.
const PATIENCE: Duration = Duration::from_secs(40);

const LEASE: Duration = Duration::from_mins(1);

type Checked = Result<(), libtest_mimic::Failed>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let host = std::env::var(HOST).unwrap_or_default();
    let trials = if host.is_empty() {
        vec![Trial::test(
            "UNVERIFIED_google_cloud_cli_is_not_installed_so_nothing_ran_against_googles_emulator",
            || Ok(()),
        )]
    } else {
        let trial = |name: &'static str, check: fn(&Bench) -> Checked| {
            let host = host.clone();
            Trial::test(name, move || check(&Bench::fresh(&host)))
        };
        vec![
            trial("what_is_published_is_received_as_it_was", what_is_published_is_received_as_it_was),
            trial("what_is_acknowledged_does_not_come_again", what_is_acknowledged_does_not_come_again),
            trial("what_nobody_settles_comes_again_when_its_lease_is_over", what_nobody_settles_comes_again),
            trial("provisioning_twice_is_harmless", provisioning_twice_is_harmless),
        ]
    };
    libtest_mimic::run(&arguments, trials).exit_code()
}

struct Bench {
    runtime: tokio::runtime::Runtime,
    messages: PubSubMessages,
}

impl Bench {
    /// Names that nobody else uses, with a subscription of three attempts.
    fn fresh(host: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let random = uuid::Uuid::new_v4().simple().to_string();
        let settings = ServiceSettings {
            project: Some("anyport".to_owned()),
            prefix: format!("t{}-", &random[..14]),
            endpoint: Some(format!("http://{host}")),
        };
        let messages = runtime.block_on(async {
            let messages = PubSubMessages::connect(&settings).await.unwrap();
            messages.provision(&resources()).await.unwrap();
            messages
        });
        Self { runtime, messages }
    }

    fn publish(&self, message: &Message) {
        let batch = Batch::one(message.clone().into());
        let results = self.runtime.block_on(self.messages.publish(&NEWS, &batch)).unwrap();
        for result in results {
            result.unwrap();
        }
    }

    /// What comes next within this time.
    fn next(&self, lease: Duration, within: Duration) -> Option<Delivery> {
        let began = Instant::now();
        let receive = Receive::new(1, lease).unwrap().waiting(Duration::from_secs(1));
        while began.elapsed() < within {
            let mut deliveries = self.runtime.block_on(self.messages.receive(&FIRST, receive)).unwrap();
            if let Some(delivery) = deliveries.pop() {
                return Some(delivery);
            }
        }
        None
    }

    fn ack(&self, delivery: &Delivery) {
        let receipts = Batch::one(delivery.receipt.clone());
        let results = self.runtime.block_on(self.messages.ack(&FIRST, &receipts)).unwrap();
        for result in results {
            result.unwrap();
        }
    }
}

fn resources() -> Resources {
    let first = SubscriptionSpec { topic: NEWS, name: "first".to_owned(), max_attempts: 3 };
    Resources { topics: vec![NEWS], subscriptions: vec![first], ..Resources::default() }
}

fn message(id: &str) -> Message {
    let message = Message::new(id, "Größe/😀", "thing.happened").unwrap().with_extension("tenant", "a\"b\\c").unwrap();
    message.with_data("application/octet-stream", vec![0, 0xff, 0xc0]).unwrap()
}

fn ensure(holds: bool, what: &str) -> Checked {
    if holds { Ok(()) } else { Err(what.into()) }
}

fn what_is_published_is_received_as_it_was(bench: &Bench) -> Checked {
    bench.publish(&message("one"));
    let found = bench.next(LEASE, PATIENCE).ok_or("nothing came")?;
    ensure(found.message == message("one"), "another message came")?;
    ensure(found.attempt == 1 && found.dead_letter_reason.is_none(), "not as at first")
}

fn what_is_acknowledged_does_not_come_again(bench: &Bench) -> Checked {
    bench.publish(&message("done"));
    let held = bench.next(Duration::from_secs(2), PATIENCE).ok_or("nothing came")?;
    bench.ack(&held);
    bench.ack(&held);
    ensure(bench.next(LEASE, Duration::from_secs(14)).is_none(), "it came again")
}

fn what_nobody_settles_comes_again(bench: &Bench) -> Checked {
    bench.publish(&message("left"));
    let (began, lease) = (Instant::now(), Duration::from_secs(4));
    bench.next(lease, PATIENCE).ok_or("nothing came")?;
    let again = bench.next(LEASE, PATIENCE).ok_or("it did not come again")?;
    ensure(began.elapsed() >= lease, "it came while it was held")?;
    ensure(again.message == message("left"), "another message came")?;
    // What it answers to this is all that is asked: emulator and client understand each other.
    bench.runtime.block_on(bench.messages.nack(&FIRST, &again.receipt, Delay::NONE))?;
    Ok(())
}

fn provisioning_twice_is_harmless(bench: &Bench) -> Checked {
    bench.runtime.block_on(bench.messages.provision(&resources()))?;
    Ok(())
}
