//! What was asked and answered, in a form in which two runs can be compared byte by byte: what a run makes up (identifiers,
//! versions, instants, signatures) is replaced by its name and the number of its first appearance.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What a run makes up. The first that matches counts.
static MADE_UP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?P<url>https?://[^"\s]+)"#,
        r"|(?P<instant>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)",
        r"|(?P<millis>\b1[0-9]{12}\b)",
        r"|(?P<id>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\bi[0-9a-f]{32})\b",
        r"|(?P<hmac>[0-9a-f]{64})",
        r#"|"next":"(?P<cursor>[^"]+)""#,
    ))
    .expect("an expression")
});

/// Headers that belong to the connection or to the instant, not to the answer.
const OF_THE_CONNECTION: [&str; 6] = ["connection", "content-length", "date", "keep-alive", "transfer-encoding", "via"];

/// A transcript being written.
#[derive(Default)]
pub(crate) struct Transcript {
    text: String,
    seen: BTreeMap<(&'static str, String), usize>,
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl Transcript {
    /// Notes what happens, in words.
    pub(crate) fn note(&mut self, line: &str) {
        let line = self.canonical(line);
        writeln!(self.text, "{line}").expect("text grows");
    }

    /// Notes an answer: status, headers in order of name, body.
    pub(crate) fn answer(&mut self, answer: &Answer) {
        writeln!(self.text, "< {}", answer.status).expect("text grows");
        let mut headers: Vec<(String, &str)> =
            answer.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.as_str())).collect();
        headers.retain(|(name, _)| !OF_THE_CONNECTION.contains(&name.as_str()));
        headers.sort();
        for (name, value) in headers {
            let value = if name == "etag" { self.named("etag", value) } else { self.canonical(value) };
            writeln!(self.text, "< {name}: {value}").expect("text grows");
        }
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        if !body.is_empty() {
            let body = self.canonical(&body);
            writeln!(self.text, "{body}").expect("text grows");
        }
    }

    /// Lines in an order that does not depend on what the run made up, unless it was seen before.
    pub(crate) fn in_order(&self, mut lines: Vec<String>) -> Vec<String> {
        let known = |line: &String| {
            MADE_UP
                .replace_all(line, |found: &Captures<'_>| {
                    let seen = self.seen.get(&("id", found[0].to_owned()));
                    seen.map_or_else(|| "<new>".to_owned(), |number| format!("<{number:06}>"))
                })
                .into_owned()
        };
        lines.sort_by_key(known);
        lines
    }

    /// The whole text.
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// The text with everything that the run made up replaced.
    pub(crate) fn canonical(&mut self, text: &str) -> String {
        MADE_UP
            .replace_all(text, |found: &Captures<'_>| {
                for name in ["url", "instant", "millis", "hmac"] {
                    if found.name(name).is_some() {
                        return format!("<{name}>");
                    }
                }
                if let Some(cursor) = found.name("cursor") {
                    return format!("\"next\":\"{}\"", self.named("cursor", cursor.as_str()));
                }
                self.named("id", &found[0])
            })
            .into_owned()
    }

    fn named(&mut self, kind: &'static str, value: &str) -> String {
        let next = self.seen.keys().filter(|(own, _)| *own == kind).count() + 1;
        let number = *self.seen.entry((kind, value.to_owned())).or_insert(next);
        format!("<{kind} {number}>")
    }
}
