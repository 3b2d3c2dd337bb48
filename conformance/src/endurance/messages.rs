//! Messages: clients publish, receive and settle through faults, and a ledger tells what must come and what must not.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::messages::{Batch, Delay, Message, Receive, Subscription};
use anyport_ports::{Error, Result};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::task::JoinSet;

use super::ledger::{Ledger, SUBSCRIPTIONS};
use super::registers::unexpected;
use super::{CLIENTS, Ended, FAULTY_PERCENT, PortEndurance, resources};
use crate::check::Violation;
use crate::faults::Faults;
use crate::registers::Told;
use crate::subject::{MessageStore, Subject, TestClock};
use crate::suite::NEWS;

/// Long enough to settle under, however often the settling is tried; what was taken by a receive whose answer was lost
/// comes again after it.
const LEASE: Duration = Duration::from_secs(15);

/// How long a store may take, once it is left in peace, to hand out what it has.
const PATIENCE: Duration = Duration::from_mins(2);

pub(super) async fn run(
    subject: &dyn Subject<MessageStore>,
    operations: u64,
    seed: u64,
    ended: &Ended,
) -> Result<PortEndurance, Violation> {
    let namespace = subject.fresh(&resources()).await?;
    let ledger = Arc::new(Ledger::default());
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let faults = Faults::random(seed ^ (u64::from(number) << 32), FAULTY_PERCENT);
        let client = Client {
            number,
            published: 0,
            shaky: namespace.connect_through(&faults).await?,
            sound: namespace.connect().await?,
            clock: namespace.clock(),
            ledger: Arc::clone(&ledger),
            random: StdRng::seed_from_u64(seed.wrapping_add(u64::from(number))),
            found: PortEndurance::default(),
        };
        let share = operations / u64::from(CLIENTS) + u64::from(u64::from(number) < operations % u64::from(CLIENTS));
        clients.spawn(client.work(share, Arc::clone(ended)));
    }
    let mut found = PortEndurance::default();
    while let Some(ended) = clients.join_next().await {
        found.add(ended.map_err(|panic| Violation::new(format!("a client panicked: {panic}")))?);
    }
    drain(&namespace.connect().await?, &*namespace.clock(), &ledger).await?;
    ledger.balance(&mut found);
    Ok(found)
}

struct Client {
    number: u32,
    published: u64,
    shaky: MessageStore,
    /// Without faults.
    sound: MessageStore,
    clock: Arc<dyn TestClock>,
    ledger: Arc<Ledger>,
    random: StdRng,
    found: PortEndurance,
}

impl Client {
    async fn work(mut self, operations: u64, ended: Ended) -> PortEndurance {
        while self.found.operations < operations {
            let before = self.found.operations;
            let step = if self.random.random_ratio(2, 5) { self.publish().await } else { self.consume().await };
            if let Err(error) = step {
                self.found.violations.push(unexpected(&error));
                self.found.operations += 1;
            }
            (before..self.found.operations).for_each(|_| ended());
            tokio::task::yield_now().await;
        }
        self.found
    }

    /// Publishes a few messages, every second time over a network without faults.
    async fn publish(&mut self) -> Result<()> {
        let once = self.random.random_bool(0.5);
        let mut messages = Vec::new();
        for _ in 0..self.random.random_range(1..=3) {
            let id = format!("{}-{}", self.number, self.published);
            self.published += 1;
            self.ledger.sending(&id, once);
            messages.push(Message::new(id, "endurance", "thing.happened")?);
        }
        let ids: Vec<String> = messages.iter().map(|message| message.id().to_owned()).collect();
        let store = if once { &self.sound } else { &self.shaky };
        let answer = store.messages.publish(&NEWS, &Batch::new(messages.into_iter().map(Into::into))?).await;
        match answer {
            Ok(results) => {
                for (id, result) in ids.iter().zip(results) {
                    self.ledger.told(id, self.found.heard(result)?);
                }
            }
            Err(error) => {
                let told = told(error)?;
                for id in &ids {
                    self.found.count(told);
                    self.ledger.told(id, told);
                }
            }
        }
        Ok(())
    }

    /// Receives a few messages, and acknowledges most of them.
    async fn consume(&mut self) -> Result<()> {
        let which = self.random.random_range(0..SUBSCRIPTIONS.len());
        let subscription = Subscription::from_static(NEWS, SUBSCRIPTIONS[which]);
        let (asked, until) = (self.ledger.tick(), self.clock.now().plus(LEASE));
        let deliveries = match self.shaky.messages.receive(&subscription, Receive::new(5, LEASE)?).await {
            Ok(deliveries) => deliveries,
            Err(error) => {
                self.found.count(told(error)?);
                return Ok(());
            }
        };
        self.found.count(Told::Acknowledged);
        for delivery in &deliveries {
            self.ledger.delivered(which, delivery.message.id(), asked);
        }
        for delivery in deliveries {
            if self.random.random_ratio(1, 6) {
                let answer = self.shaky.messages.nack(&subscription, &delivery.receipt, Delay::NONE).await;
                self.found.heard(answer)?;
                continue;
            }
            let receipts = Batch::one(delivery.receipt);
            let answer = self.shaky.messages.ack(&subscription, &receipts).await;
            let told = self.found.heard(answer.and_then(|results| results.into_iter().collect::<Result<()>>()))?;
            if told == Told::Acknowledged && self.clock.now() < until {
                self.ledger.settled(which, delivery.message.id());
            }
        }
        Ok(())
    }
}

impl PortEndurance {
    /// Counts an answer, and tells what it says.
    fn heard(&mut self, answer: Result<()>) -> Result<Told> {
        let told = answer.map_or_else(told, |()| Ok(Told::Acknowledged))?;
        self.count(told);
        Ok(told)
    }
}

/// No operation on messages has a condition that may fail.
fn told(error: Error) -> Result<Told> {
    let kind = error.kind();
    let message = error.to_string();
    match Told::by(error)? {
        Told::Refused => Err(Error::new(kind, message)),
        told => Ok(told),
    }
}

/// Takes what is left, over a network that has recovered, until nothing comes for longer than a lease.
async fn drain(store: &MessageStore, clock: &dyn TestClock, ledger: &Ledger) -> Result<(), Violation> {
    let deadline = clock.now().plus(PATIENCE);
    let mut quiet_since = clock.now();
    while clock.now() < deadline {
        let mut came = false;
        for (which, name) in SUBSCRIPTIONS.into_iter().enumerate() {
            let subscription = Subscription::from_static(NEWS, name);
            let (asked, until) = (ledger.tick(), clock.now().plus(LEASE));
            let deliveries = store.messages.receive(&subscription, Receive::new(10, LEASE)?).await?;
            let Ok(receipts) = Batch::new(deliveries.iter().map(|delivery| delivery.receipt.clone())) else { continue };
            came = true;
            for delivery in &deliveries {
                ledger.delivered(which, delivery.message.id(), asked);
            }
            let results = store.messages.ack(&subscription, &receipts).await?;
            for (delivery, result) in deliveries.iter().zip(results) {
                result?;
                if clock.now() < until {
                    ledger.settled(which, delivery.message.id());
                }
            }
        }
        if came {
            quiet_since = clock.now();
        } else if clock.now() >= quiet_since.plus(LEASE + Duration::from_secs(2)) && ledger.is_complete() {
            return Ok(());
        } else {
            clock.pass(Duration::from_millis(200)).await;
        }
    }
    Ok(())
}
