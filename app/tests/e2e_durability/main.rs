//! What the server acknowledged outlives it: it is killed under load, again and again, and everything is there.

#![expect(clippy::expect_used, reason = "a test says by it what it takes for granted")]

mod aftermath;
mod load;
mod record;
#[path = "../storefront_server/mod.rs"]
mod storefront_server;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use aftermath::Aftermath;
use load::Load;
use record::Record;
use storefront_server::Server;

/// How often the server is killed.
const ROUNDS: u64 = 20;

/// Clients that keep it busy.
const CLIENTS: u64 = 6;

/// When it is killed, in milliseconds after it was ready.
const KILLED_AFTER: std::ops::RangeInclusive<u64> = 100..=500;

#[test]
fn what_was_acknowledged_is_there_after_every_kill() {
    let seed = match std::env::var("ANYPORT_SEED") {
        Ok(seed) => seed.parse().expect("ANYPORT_SEED is a whole number"),
        Err(_) => 0x5eed,
    };
    println!("ANYPORT_SEED={seed}");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let folder = tempfile::tempdir().expect("a folder");
    let (mut record, mut cut_off) = (Record::default(), 0);
    for round in 0..ROUNDS {
        let after = Duration::from_millis(rng.random_range(KILLED_AFTER));
        let starting = Instant::now();
        let server = Server::start(folder.path());
        let started = starting.elapsed();
        let interrupted = under_load(server, round, after, &mut rng, &mut record);
        cut_off += interrupted;
        println!(
            "round {round}: ready after {started:?}, killed after {after:?} with {interrupted} requests in flight"
        );
    }
    let counts = record.counts();
    println!("{counts:?}");
    assert!(cut_off >= ROUNDS, "only {cut_off} requests were in flight when the server was killed");
    assert!(counts.acknowledged >= 10 * ROUNDS, "too few orders to tell anything: {counts:?}");

    let checking = Instant::now();
    let server = Server::start(folder.path());
    let aftermath = Aftermath { client: server.another(), record: &record };
    aftermath.take_up_what_is_in_doubt();
    aftermath.wait_for_receipts();
    println!("fulfilment caught up {:?} after the last start", checking.elapsed());
    aftermath.check_users();
    aftermath.check_orders();
    server.terminate();
    let (status, log) = server.ended();
    assert!(status.success(), "{status}");
    let errors: Vec<_> = log.iter().filter(|line| line["level"] == "ERROR").collect();
    assert!(errors.is_empty(), "{errors:?}");
    aftermath::check_file(&folder.path().join("data/storefront.db"));
    println!("checked in {:?}", checking.elapsed());
}

/// Keeps the server busy, and kills it; how many requests were in flight then.
fn under_load(server: Server, round: u64, after: Duration, rng: &mut ChaCha8Rng, record: &mut Record) -> u64 {
    let killed = AtomicBool::new(false);
    let before = &*record;
    let loads: Vec<Load<'_>> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (client, killed, rng) = (server.another(), &killed, ChaCha8Rng::from_rng(rng));
                let load = Load::new(format!("{round}-{number}"), client, before, rng);
                scope.spawn(move || load.run(killed))
            })
            .collect();
        std::thread::sleep(after);
        killed.store(true, Ordering::SeqCst);
        server.kill();
        clients.into_iter().map(|client| client.join().expect("no check failed under load")).collect()
    });
    let interrupted = loads.iter().map(|load| u64::from(load.was_interrupted)).sum();
    for news in loads.into_iter().map(|load| load.news).collect::<Vec<_>>() {
        record.merge(news);
    }
    interrupted
}
