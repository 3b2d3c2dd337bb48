//! Whether a server answers yet.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// A question that a server answers once it is ready.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Probe {
    /// `GET` of this path is answered with a status of success.
    Http(&'static str),
    /// `GET /` is answered, whatever the status: the server has no path that asks for nothing.
    AnyHttp,
    /// Somebody listens: the server speaks over TLS alone.
    Listens,
    /// `PING` is answered with `PONG`.
    RedisPing,
}

impl Probe {
    /// Whether the server on this port of the loopback address answers as it should.
    pub(crate) fn answers(self, port: u16) -> bool {
        match self {
            Self::Http(path) => get(port, path).is_some_and(|status| status.starts_with('2')),
            Self::AnyHttp => get(port, "/").is_some(),
            Self::Listens => connected(port).is_ok(),
            Self::RedisPing => first_line(port, "PING\r\n").is_ok_and(|line| line == "+PONG"),
        }
    }
}

/// The status that a `GET` is answered with.
fn get(port: u16, path: &str) -> Option<String> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n");
    let line = first_line(port, &request).ok()?;
    line.strip_prefix("HTTP/1")?.split(' ').nth(1).map(str::to_owned)
}

fn connected(port: u16) -> std::io::Result<TcpStream> {
    TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PATIENCE)
}

fn first_line(port: u16, request: &str) -> std::io::Result<String> {
    let mut stream = connected(port)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut line = String::new();
    BufReader::new(std::io::Read::take(stream, 1024)).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::net::TcpListener;

    use super::*;

    /// A server that answers one request with this text.
    fn answering(answer: &'static str) -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _some = stream.read(&mut [0; 512]).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });
        port
    }

    #[test]
    fn only_the_right_answer_counts() {
        let http = Probe::Http("/health");
        assert!(http.answers(answering("HTTP/1.1 200 OK\r\n\r\n")));
        assert!(!http.answers(answering("HTTP/1.1 503 Service Unavailable\r\n\r\n")));
        assert!(!http.answers(answering("")));
        assert!(Probe::AnyHttp.answers(answering("HTTP/1.1 400 Bad Request\r\n\r\n")));
        assert!(!Probe::AnyHttp.answers(answering("+PONG\r\n")));
        assert!(Probe::Listens.answers(answering("")));
        assert!(Probe::RedisPing.answers(answering("+PONG\r\n")));
        assert!(!Probe::RedisPing.answers(answering("-LOADING Redis is loading the dataset in memory\r\n")));
    }

    #[test]
    fn nobody_there_is_not_ready() {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        for probe in [Probe::Http("/"), Probe::AnyHttp, Probe::Listens, Probe::RedisPing] {
            assert!(!probe.answers(port));
        }
    }
}
