//! One server is told to stop while requests run.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::pair::{Pair, await_receipt, create_user, order, place};
use crate::storefront_server::{Client, eventually, tokens};

/// Requests that the server has begun when it is told to stop.
const BEGUN: usize = 8;

const CLIENTS: usize = 4;

#[test]
fn a_server_that_is_told_to_stop_ends_what_it_began_while_the_other_goes_on() {
    let pair = Pair::start();
    let user = create_user(&pair.servers[0], "ada");
    let begun: Vec<_> = (0..BEGUN).map(|number| Begun::order(&pair.servers[0], &user, number)).collect();
    let [stops, goes_on] = &pair.servers;
    let (done, placed) = (AtomicBool::new(false), AtomicUsize::new(0));
    let placed_by = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (stops, goes_on, done, placed) = (stops.another(), goes_on.another(), &done, &placed);
                let name = format!("user-{number}");
                scope.spawn(move || place_on_either(&name, &stops, &goes_on, done, placed))
            })
            .collect();
        wait_for_more(&placed, 20);
        stops.terminate();
        eventually("it stops listening", || TcpStream::connect(stops.address()).is_err().then_some(()));
        wait_for_more(&placed, 20);
        for request in begun {
            let answer = request.finish();
            assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
        }
        wait_for_more(&placed, 20);
        done.store(true, Ordering::SeqCst);
        clients.into_iter().map(|client| client.join().expect("no panic")).collect::<Vec<_>>()
    });

    let Pair { servers: [stopped, goes_on], folder: _folder } = pair;
    let (status, log) = stopped.ended();
    assert!(status.success(), "{status}");
    assert!(log.last().is_some_and(|line| line["message"] == "stopped"), "{:?}", log.last());

    let totals = |user: &str| goes_on.get(&format!("{user}/totals")).expect(200).json();
    assert_eq!(totals(&user), json!({ "count": BEGUN, "amount_cents": 100 * BEGUN }));
    for number in 0..BEGUN {
        await_receipt(&goes_on, &user, &format!("begun-{number}"));
    }
    for (user, count) in placed_by {
        assert_eq!(totals(&user), json!({ "count": count, "amount_cents": 100 * count }));
        for number in 0..count {
            await_receipt(&goes_on, &user, &format!("o-{number}"));
        }
    }
    assert!(goes_on.stop().success());
}

/// Places orders on the server that stops, and on the other what that one does not answer; the user, and how many.
fn place_on_either(
    name: &str,
    stops: &Client,
    goes_on: &Client,
    done: &AtomicBool,
    placed: &AtomicUsize,
) -> (String, usize) {
    let user = create_user(stops, name);
    let mut count = 0;
    while !done.load(Ordering::SeqCst) {
        let order = order(&format!("o-{count}"), 100);
        match stops.try_post(&format!("{user}/orders"), &order) {
            Ok(answer) => drop(answer.expect(201)),
            Err(_) => drop(place(goes_on, &user, &order).expect(201)),
        }
        count += 1;
        placed.fetch_add(1, Ordering::SeqCst);
    }
    (user, count)
}

fn wait_for_more(placed: &AtomicUsize, more: usize) {
    let enough = placed.load(Ordering::SeqCst) + more;
    eventually("more orders are placed", || (placed.load(Ordering::SeqCst) >= enough).then_some(()));
}

/// A request that the server has begun: it asked for the body.
struct Begun {
    connection: BufReader<TcpStream>,
    body: String,
}

impl Begun {
    fn order(client: &Client, user: &str, number: usize) -> Self {
        let body: Value = order(&format!("begun-{number}"), 100);
        let body = body.to_string();
        let mut connection = TcpStream::connect(client.address()).expect("it listens");
        connection.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
        let (length, target) = (body.len(), format!("{user}/orders"));
        let bearer = tokens::for_target(&target).expect("a user's");
        let head = format!(
            "POST {user}/orders HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
             authorization: {bearer}\r\nexpect: 100-continue\r\n\r\n"
        );
        connection.write_all(head.as_bytes()).expect("it reads");
        let mut connection = BufReader::new(connection);
        let (mut line, mut empty) = (String::new(), String::new());
        connection.read_line(&mut line).expect("an answer");
        connection.read_line(&mut empty).expect("an answer");
        assert_eq!((line.as_str(), empty.as_str()), ("HTTP/1.1 100 Continue\r\n", "\r\n"));
        Self { connection, body }
    }

    /// Sends the body, and reads until the server closes the connection.
    fn finish(mut self) -> String {
        self.connection.get_mut().write_all(self.body.as_bytes()).expect("it reads");
        let mut answer = String::new();
        self.connection.read_to_string(&mut answer).expect("an answer");
        answer
    }
}
