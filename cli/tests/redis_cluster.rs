//! Every check on a Redis cluster of three masters, which the test starts: what one server does as one step must be of
//! one slot, and what is not must be right in any order.

#![expect(clippy::unwrap_used, reason = "a test panics where something is not as it must be")]

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyport_cli::adapters::redis_cluster;
use anyport_conformance::fingerprint::transcripts;
use anyport_conformance::harness::DEFAULT_SEED;
use anyport_conformance::reference::Reference;
use anyport_conformance::report::Outcome;
use anyport_conformance::run::{Options, run};
use anyport_conformance::suite::Suite;
use redis::{FromRedisValue, cmd};
use tempfile::TempDir;

const NODES: u16 = 3;
const SLOTS: u16 = 16_384;
const COMES_UP_WITHIN: Duration = Duration::from_secs(30);

struct Node {
    process: Child,
    port: u16,
    bus: u16,
    _folder: TempDir,
}

impl Node {
    fn start() -> Self {
        // Both are held until both are known, so that they differ.
        let free = [(); 2].map(|()| TcpListener::bind(("127.0.0.1", 0)).unwrap());
        let [port, bus] = free.each_ref().map(|listener| listener.local_addr().unwrap().port());
        drop(free);
        let folder = tempfile::tempdir().unwrap();
        let program = std::env::var_os("ANYPORT_REDIS_SERVER").unwrap_or_else(|| "redis-server".into());
        let process = Command::new(&program)
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--cluster-enabled", "yes"])
            .args(["--port", &port.to_string(), "--cluster-port", &bus.to_string(), "--dir"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        Self { process, port, bus, _folder: folder }
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn ask<T: FromRedisValue>(&self, command: &redis::Cmd) -> redis::RedisResult<T> {
        command.query(&mut redis::Client::open(self.url())?.get_connection()?)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _gone_already = self.process.kill();
        let _ended = self.process.wait();
    }
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < COMES_UP_WITHIN, "{what}: not within {COMES_UP_WITHIN:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Three masters with a third of the slots each, that know of one another.
fn cluster() -> Vec<Node> {
    let nodes: Vec<Node> = (0..NODES).map(|_| Node::start()).collect();
    for (number, node) in (0..NODES).zip(&nodes) {
        until("a node answers", || node.ask::<String>(&cmd("PING")).is_ok());
        let (first, end) = (number * SLOTS / NODES, (number + 1) * SLOTS / NODES);
        node.ask::<()>(cmd("CLUSTER").arg("ADDSLOTSRANGE").arg(first).arg(end - 1)).unwrap();
        node.ask::<()>(cmd("CLUSTER").arg("SET-CONFIG-EPOCH").arg(number + 1)).unwrap();
        for other in nodes.iter().take(usize::from(number)) {
            node.ask::<()>(cmd("CLUSTER").arg("MEET").arg("127.0.0.1").arg(other.port).arg(other.bus)).unwrap();
        }
    }
    for node in &nodes {
        until("every node knows of all slots and nodes", || {
            let info: String = node.ask(cmd("CLUSTER").arg("INFO")).unwrap();
            info.contains("cluster_state:ok") && info.contains(&format!("cluster_known_nodes:{NODES}"))
        });
    }
    nodes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_passes_every_check_as_one_server_does() {
    let nodes = tokio::task::spawn_blocking(cluster).await.unwrap();
    let adapter = redis_cluster(&nodes[0].url());
    let report = run(&adapter, &Suite::complete(), Options::seeded(DEFAULT_SEED), &()).await;
    let mut failures = Vec::new();
    for check in &report.checks {
        if let Outcome::Failed { message, .. } = &check.outcome {
            failures.push(format!("{} {}: {message}", check.clause, check.name));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(report.summary.skipped, 0);

    let expected = transcripts(&Reference::adapter(), DEFAULT_SEED).await.map_err(|broken| broken.message).unwrap();
    let found = transcripts(&adapter, DEFAULT_SEED).await.map_err(|broken| broken.message).unwrap();
    for (port, found) in found {
        let (_, expected) = expected.iter().find(|(other, _)| *other == port).unwrap();
        assert_eq!(found.hash(), expected.hash(), "the fingerprint of {port}");
    }
    for node in &nodes {
        let keys: usize = node.ask(&cmd("DBSIZE")).unwrap();
        assert!(keys > 100, "the node of port {} has {keys} keys: the cluster was hardly used", node.port);
    }
}
