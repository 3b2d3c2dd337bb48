//! A server of a test's own, to be stopped and started again.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyport_redis::{RedisSettings, RedisStore};
use redis::FromRedisValue;
use tempfile::TempDir;

pub(crate) struct Server {
    process: Child,
    arguments: Vec<String>,
    port: u16,
    password: &'static str,
    folder: TempDir,
}

impl Server {
    /// A server that keeps what it has acknowledged, with this password, or none.
    pub(crate) fn start(password: &'static str) -> Self {
        Self::start_with(password, &[])
    }

    /// Likewise, with these settings besides.
    pub(crate) fn start_with(password: &'static str, settings: &[String]) -> Self {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let mut arguments: Vec<String> =
            ["--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--port"]
                .map(str::to_owned)
                .to_vec();
        arguments.extend([port.to_string(), "--dir".to_owned(), folder.path().display().to_string()]);
        arguments.extend_from_slice(settings);
        if !password.is_empty() {
            arguments.extend(["--requirepass".to_owned(), password.to_owned()]);
        }
        let server = Self { process: spawn(&arguments), arguments, port, password, folder };
        server.answers();
        server
    }

    pub(crate) fn stop(&mut self) {
        let _gone_already = self.process.kill();
        let _ended = self.process.wait();
    }

    /// Starts it again, with what it kept.
    pub(crate) fn start_again(&mut self) {
        assert!(self.folder.path().join("appendonlydir").exists(), "the server keeps nothing");
        self.process = spawn(&self.arguments);
        self.answers();
    }

    fn answers(&self) {
        let began = Instant::now();
        while self.try_ask::<String>(&redis::cmd("PING")).is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "the server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn settings(&self) -> RedisSettings {
        RedisSettings::at(self.url(self.password))
    }

    pub(crate) fn url(&self, password: &str) -> String {
        let user = if password.is_empty() { String::new() } else { format!(":{password}@") };
        format!("redis://{user}127.0.0.1:{}", self.port)
    }

    pub(crate) async fn connect(&self) -> RedisStore {
        RedisStore::connect(&self.settings()).await.unwrap()
    }

    /// Asks the server itself.
    pub(crate) fn ask<T: FromRedisValue>(&self, command: &redis::Cmd) -> T {
        self.try_ask(command).unwrap()
    }

    fn try_ask<T: FromRedisValue>(&self, command: &redis::Cmd) -> redis::RedisResult<T> {
        command.query(&mut redis::Client::open(self.url(self.password))?.get_connection()?)
    }

    /// Commands of all clients that the server has processed: this one included.
    pub(crate) fn connections_so_far(&self) -> u64 {
        let info: String = self.ask(redis::cmd("INFO").arg("stats"));
        let line = info.lines().find_map(|line| line.strip_prefix("total_connections_received:"));
        line.unwrap().trim().parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn spawn(arguments: &[String]) -> Child {
    let program = std::env::var_os("ANYPORT_REDIS_SERVER").unwrap_or_else(|| "redis-server".into());
    let spawned = Command::new(&program).args(arguments).stdout(Stdio::null()).spawn();
    spawned.unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()))
}
