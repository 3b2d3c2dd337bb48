//! Failures of Redis in the contract's terms: one table.

use anyport_ports::{Error, ErrorKind};
use redis::RedisError;

use crate::tls;

/// An attempt that brought no answer, or a refusal.
#[derive(Debug)]
pub(crate) struct Failure {
    certainty: Certainty,
    cause: RedisError,
}

/// What is known of an attempt that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Certainty {
    /// The server did nothing.
    NotDone,
    /// The request was on its way, and no answer came.
    Unknown,
}

impl Failure {
    /// Nothing was sent.
    pub(crate) fn before_sending(cause: RedisError) -> Self {
        Self { certainty: Certainty::NotDone, cause }
    }

    /// It was sent, or may have been: only a server that answered is known to have done nothing.
    pub(crate) fn after_sending(cause: RedisError) -> Self {
        let answered = cause.code().is_some();
        let unreached = cause.is_connection_refusal()
            || matches!(cause.kind(), redis::ErrorKind::ClusterConnectionNotFound | redis::ErrorKind::Client);
        let certainty = if answered || unreached { Certainty::NotDone } else { Certainty::Unknown };
        Self { certainty, cause }
    }

    /// Whether it may have been done nevertheless.
    pub(crate) fn is_unknown(&self) -> bool {
        self.certainty == Certainty::Unknown
    }

    /// The code with which the server refused.
    pub(crate) fn code(&self) -> Option<&str> {
        self.cause.code()
    }

    /// The client's own error.
    pub(crate) fn cause(&self) -> &RedisError {
        &self.cause
    }

    /// The error of something that changes nothing, or that is harmless whether or not it was done.
    pub(crate) fn of_read(self) -> Error {
        match self.certainty {
            Certainty::NotDone => refusal(&self.cause),
            Certainty::Unknown => {
                Error::new(ErrorKind::Unavailable, "the server's answer did not come: try again").caused_by(self.cause)
            }
        }
    }

    /// The error of something that changes what stands.
    pub(crate) fn of_write(self) -> Error {
        match self.certainty {
            Certainty::NotDone => refusal(&self.cause),
            Certainty::Unknown => {
                let message = "the server's answer did not come: whether it was done shows when it is read again";
                Error::new(ErrorKind::Indeterminate, message).caused_by(self.cause)
            }
        }
    }
}

/// An answer that this adapter's own scripts and commands never give.
pub(crate) fn unexpected(what: &str) -> Error {
    Error::new(ErrorKind::Internal, format!("the server's answer is not understood: {what}"))
}

/// Why nothing was done.
fn refusal(cause: &RedisError) -> Error {
    use redis::ErrorKind as Kind;
    if let Some(message) = tls::told_by(cause) {
        return Error::new(ErrorKind::Unavailable, message).caused_by(cause.clone());
    }
    let (kind, message) = match (cause.code(), cause.kind()) {
        (Some(code), _) => of_code(code, cause.detail().unwrap_or_default()),
        (None, Kind::AuthenticationFailed) => WRONG_CREDENTIALS,
        (None, Kind::Io | Kind::ClusterConnectionNotFound) => {
            (ErrorKind::Unavailable, "the server is not reached: check the URL, and that it runs, with TLS or without")
        }
        (None, Kind::RESP3NotSupported) => {
            (ErrorKind::InvalidInput, "the server is too old: Redis 7, Valkey 7.2 or later is needed")
        }
        (None, Kind::InvalidClientConfig) => (ErrorKind::InvalidInput, "the settings of Redis contradict each other"),
        _ => (ErrorKind::Internal, "the client of Redis failed: see the cause"),
    };
    Error::new(kind, message).caused_by(cause.clone())
}

const WRONG_CREDENTIALS: (ErrorKind, &str) =
    (ErrorKind::Unauthenticated, "the server does not accept the user and password of the URL");

const TOO_MANY_CLIENTS: (ErrorKind, &str) =
    (ErrorKind::Throttled, "the server has as many clients as it takes: raise maxclients, or use fewer");

/// The table: the code that begins a refusal, and what it says. In all of these cases nothing was written: the server
/// refuses before a script's first write, and the adapter's scripts do nothing that fails after it.
fn of_code(code: &str, detail: &str) -> (ErrorKind, &'static str) {
    use ErrorKind as Kind;
    match code {
        "BUSY" => (Kind::Throttled, "the server is busy with a script: try again"),
        "OOM" => (Kind::Throttled, "the server's memory is full: raise maxmemory, or remove something"),
        "LOADING" => (Kind::Unavailable, "the server is loading its data: try again"),
        "MASTERDOWN" => (Kind::Unavailable, "the server has lost its master: try again"),
        "READONLY" => (Kind::Unavailable, "the server has become a replica: try again, which finds the new master"),
        "CLUSTERDOWN" => (Kind::Unavailable, "the cluster does not serve this part of the keys: try again"),
        "TRYAGAIN" | "MOVED" | "ASK" => (Kind::Unavailable, "the cluster is moving keys between its nodes: try again"),
        "NOREPLICAS" => (Kind::Unavailable, "the server has fewer replicas than min-replicas-to-write asks for"),
        "MISCONF" => (Kind::Unavailable, "the server cannot save to disk, and so takes no writes: see its log"),
        "UNBLOCKED" | "NOSCRIPT" => (Kind::Unavailable, "the server has changed its role: try again"),
        "NOAUTH" => (Kind::Unauthenticated, "the server asks for a password: put one into the URL"),
        "WRONGPASS" => WRONG_CREDENTIALS,
        "NOPERM" => (Kind::PermissionDenied, "the user may not do this: see the server's ACL"),
        "NOPROTO" => (Kind::InvalidInput, "the server is too old: Redis 7, Valkey 7.2 or later is needed"),
        "WRONGTYPE" => (Kind::Internal, "a key of this adapter holds something else: give it a prefix of its own"),
        "CROSSSLOT" => (Kind::Internal, "the server is part of a cluster: say so in the settings"),
        "ERR" if detail.contains("max number of clients") => TOO_MANY_CLIENTS,
        "ERR" if detail.contains("DB index") => (Kind::InvalidInput, "there is no database of the URL's number"),
        "ERR" if detail.contains("switch database") => (Kind::InvalidInput, "there is no database of the URL's number"),
        "ERR" if detail.contains("cluster support disabled") => {
            (Kind::InvalidInput, "the server is not part of a cluster: say so in the settings")
        }
        _ => (Kind::Internal, "the server refuses a command of this adapter: see the cause"),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use redis::ServerErrorKind;

    use super::*;

    /// The error that the client makes of this line from the server.
    fn answered(line: &str) -> RedisError {
        redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap().extract_error().unwrap_err()
    }

    #[test]
    fn each_code_has_its_kind_and_says_that_nothing_was_done() {
        use ErrorKind::{Internal, InvalidInput, PermissionDenied, Throttled, Unauthenticated, Unavailable};
        for (line, kind) in [
            ("BUSY Redis is busy running a script.", Throttled),
            ("OOM command not allowed when used memory > 'maxmemory'.", Throttled),
            ("ERR max number of clients reached", Throttled),
            ("LOADING Redis is loading the dataset in memory", Unavailable),
            ("MASTERDOWN Link with MASTER is down", Unavailable),
            ("READONLY You can't write against a read only replica.", Unavailable),
            ("CLUSTERDOWN The cluster is down", Unavailable),
            ("TRYAGAIN Multiple keys request during rehashing of slot", Unavailable),
            ("MOVED 3999 127.0.0.1:6381", Unavailable),
            ("ASK 3999 127.0.0.1:6381", Unavailable),
            ("NOREPLICAS Not enough good replicas to write.", Unavailable),
            ("MISCONF Redis is configured to save RDB snapshots", Unavailable),
            ("NOSCRIPT No matching script.", Unavailable),
            ("NOAUTH Authentication required.", Unauthenticated),
            ("WRONGPASS invalid username-password pair or user is disabled.", Unauthenticated),
            ("NOPERM this user has no permissions to run the 'evalsha' command", PermissionDenied),
            ("NOPROTO unsupported protocol version", InvalidInput),
            ("ERR DB index is out of range", InvalidInput),
            ("ERR This instance has cluster support disabled", InvalidInput),
            ("WRONGTYPE Operation against a key holding the wrong kind of value", Internal),
            ("CROSSSLOT Keys in request don't hash to the same slot", Internal),
            ("ERR unknown command", Internal),
        ] {
            for failure in [Failure::before_sending, Failure::after_sending] {
                assert!(!failure(answered(line)).is_unknown(), "{line}");
                assert_eq!(failure(answered(line)).of_write().kind(), kind, "{line}");
                assert_eq!(failure(answered(line)).of_read().kind(), kind, "{line}");
            }
        }
    }

    #[test]
    fn a_request_without_an_answer_is_in_doubt_once_it_was_sent() {
        let of = |kind: io::ErrorKind| RedisError::from(io::Error::from(kind));
        for kind in [io::ErrorKind::BrokenPipe, io::ErrorKind::TimedOut, io::ErrorKind::ConnectionReset] {
            assert_eq!(Failure::after_sending(of(kind)).of_write().kind(), ErrorKind::Indeterminate, "{kind}");
            assert_eq!(Failure::after_sending(of(kind)).of_read().kind(), ErrorKind::Unavailable, "{kind}");
            assert_eq!(Failure::before_sending(of(kind)).of_write().kind(), ErrorKind::Unavailable, "{kind}");
        }
        let garbled = redis::parse_redis_value(b"!garbled\r\n").unwrap_err();
        assert_eq!(Failure::after_sending(garbled).of_write().kind(), ErrorKind::Indeterminate);
    }

    #[test]
    fn a_server_that_was_not_reached_did_nothing() {
        let refused = || RedisError::from(io::Error::from(io::ErrorKind::ConnectionRefused));
        assert_eq!(Failure::after_sending(refused()).of_write().kind(), ErrorKind::Unavailable);
        let nowhere = RedisError::from((redis::ErrorKind::ClusterConnectionNotFound, "no connections"));
        assert_eq!(Failure::after_sending(nowhere).of_write().kind(), ErrorKind::Unavailable);
        let password = RedisError::from((redis::ErrorKind::AuthenticationFailed, "no"));
        assert_eq!(Failure::before_sending(password).of_write().kind(), ErrorKind::Unauthenticated);
        let database =
            RedisError::from((ServerErrorKind::ResponseError.into(), "refused", "switch database".to_owned()));
        assert_eq!(Failure::before_sending(database).of_write().kind(), ErrorKind::InvalidInput);
    }
}
