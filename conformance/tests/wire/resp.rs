use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyport_conformance::faults::{Fault, Faults};
use anyport_conformance::wire::Protocol;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::address::{assert_refuses, proxied, read};

/// A store that knows the shape of Redis: which commands it was sent, and a script once it is loaded.
#[derive(Clone, Default)]
struct Shape(Arc<Mutex<Vec<String>>>);

impl Shape {
    async fn start() -> (Self, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (shape, address) = (Self::default(), listener.local_addr().unwrap());
        let serving = shape.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        (shape, address)
    }

    async fn serve(self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        while let Some(words) = request(&mut stream).await {
            let loaded = self.commands().iter().any(|command| command == "SCRIPT");
            self.0.lock().unwrap().push(words[0].clone());
            let answer = match words[0].as_str() {
                "GET" => format!("${}\r\n{}\r\n", words[1].len(), words[1]),
                "EVALSHA" if !loaded => "-NOSCRIPT No matching script.\r\n".to_owned(),
                "EVALSHA" => "*2\r\n:1\r\n*1\r\n$3\r\na\r\n\r\n".to_owned(),
                "HELLO" => ">2\r\n+unasked\r\n:1\r\n%1\r\n+proto\r\n:3\r\n".to_owned(),
                _ => "+OK\r\n".to_owned(),
            };
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    fn commands(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

async fn request(stream: &mut BufReader<TcpStream>) -> Option<Vec<String>> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|length| *length > 0)?;
    let mut words = Vec::new();
    for _ in 0..line.trim().strip_prefix('*')?.parse().ok()? {
        line.clear();
        stream.read_line(&mut line).await.ok()?;
        let mut word = vec![0; line.trim().strip_prefix('$')?.parse::<usize>().ok()? + 2];
        stream.read_exact(&mut word).await.ok()?;
        words.push(String::from_utf8(word).ok()?.trim_end().to_owned());
    }
    Some(words)
}

async fn through(faults: &Faults) -> (Shape, impl Sized + use<>, SocketAddr) {
    let (shape, upstream) = Shape::start().await;
    let (network, address) = proxied(upstream, Protocol::Resp, faults).await;
    (shape, network, address)
}

fn command(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let bulk = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect::<Vec<_>>().concat();
    format!("*{}\r\n{bulk}", words.len())
}

/// Sends commands at once; what comes back until it is as long as expected, or the connection ends.
async fn ask(stream: &mut TcpStream, commands: &[&str], expected: &str) -> (String, bool) {
    let requests: String = commands.iter().map(|text| command(text)).collect();
    stream.write_all(requests.as_bytes()).await.unwrap();
    let (bytes, ended) = read(stream, |bytes| bytes.len() >= expected.len()).await;
    (String::from_utf8(bytes).unwrap(), ended)
}

async fn assert_answered(stream: &mut TcpStream, commands: &[&str], expected: &str) {
    assert_eq!(ask(stream, commands, expected).await, (expected.to_owned(), false), "{commands:?}");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_and_whatever_is_unasked_comes_along() {
    let (shape, _network, address) = through(&Faults::none()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let expected = ">2\r\n+unasked\r\n:1\r\n%1\r\n+proto\r\n:3\r\n$1\r\na\r\n$2\r\nbb\r\n+OK\r\n";
    assert_answered(&mut stream, &["HELLO 3", "GET a", "GET bb", "SET c d"], expected).await;
    assert_eq!(shape.commands(), ["HELLO", "GET", "GET", "SET"]);
}

#[tokio::test]
async fn what_is_lost_or_cut_ends_the_connection() {
    for (fault, seen, served) in [
        (Fault::DropBefore, "", 0),
        (Fault::ServerError, "", 0),
        (Fault::DropAfter, "", 1),
        (Fault::HalfClose, "", 1),
        (Fault::Cut, "+O", 1),
    ] {
        let faults = Faults::none();
        let (shape, _network, address) = through(&faults).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        // Setting up a connection meets no fault.
        faults.inject(fault);
        assert_answered(&mut stream, &["SELECT 1"], "+OK\r\n").await;
        assert_eq!(ask(&mut stream, &["SET a b", "SET c d"], "+OK\r\n").await, (seen.to_owned(), true), "{fault:?}");
        assert_eq!(shape.commands().len(), 1 + served, "{fault:?}");
        assert_answered(&mut TcpStream::connect(address).await.unwrap(), &["SET a b"], "+OK\r\n").await;
    }
}

#[tokio::test]
async fn what_is_throttled_is_not_served_and_only_reads_arrive_twice() {
    let faults = Faults::none();
    let (shape, _network, address) = through(&faults).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    faults.inject(Fault::Throttle);
    assert_answered(&mut stream, &["SET a b"], "-BUSY Redis is busy running a script\r\n").await;
    for fault in [Fault::Duplicate, Fault::Duplicate, Fault::Delay] {
        faults.inject(fault);
    }
    assert_answered(&mut stream, &["SET a b", "GET a", "SET a b"], "+OK\r\n$1\r\na\r\n+OK\r\n").await;
    assert_eq!(shape.commands(), ["SET", "GET", "GET", "SET"]);
}

#[tokio::test]
async fn a_script_that_is_not_loaded_uses_up_no_fault() {
    let faults = Faults::none();
    let (shape, _network, address) = through(&faults).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    faults.inject(Fault::DropAfter);
    assert_answered(&mut stream, &["EVALSHA x 0"], "-NOSCRIPT No matching script.\r\n").await;
    assert_answered(&mut stream, &["SCRIPT LOAD x"], "+OK\r\n").await;
    assert_eq!(ask(&mut stream, &["EVALSHA x 0"], "*").await, (String::new(), true));
    assert_eq!(shape.commands(), ["EVALSHA", "SCRIPT", "EVALSHA"]);
}

#[tokio::test]
async fn a_transaction_meets_its_fault_as_a_whole() {
    let faults = Faults::none();
    let (shape, _network, address) = through(&faults).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    faults.inject(Fault::Throttle);
    let expected = "+OK\r\n+OK\r\n-BUSY Redis is busy running a script\r\n+OK\r\n";
    assert_answered(&mut stream, &["MULTI", "SET a b", "EXEC", "SET c d"], expected).await;
    assert_eq!(shape.commands(), ["MULTI", "SET", "DISCARD", "SET"]);
}

#[tokio::test]
async fn a_store_that_is_not_reached_refuses_connections_and_comes_back_at_its_address() {
    let faults = Faults::none();
    let (_shape, _network, address) = through(&faults).await;
    for _ in 0..3 {
        assert_refuses(address, &faults).await;
    }
    assert_answered(&mut TcpStream::connect(address).await.unwrap(), &["GET a"], "$1\r\na\r\n").await;
}
