//! Statements built of the bounds that a listing has.

use std::ops::Bound;

use anyport_ports::Timestamp;
use anyport_ports::documents::{Direction, TextRange};
use rusqlite::types::Value;

/// A statement in the making: its text, and its parameters in order.
pub(crate) struct Select {
    pub(crate) sql: String,
    pub(crate) parameters: Vec<Value>,
}

impl Select {
    /// The statement up to a first condition.
    pub(crate) fn new(sql: impl Into<String>, parameters: impl Into<Vec<Value>>) -> Self {
        Self { sql: sql.into(), parameters: parameters.into() }
    }

    /// One more condition.
    pub(crate) fn and(&mut self, condition: &str, parameters: impl IntoIterator<Item = Value>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self.parameters.extend(parameters);
    }

    /// Only what a column holds within this range.
    pub(crate) fn within(&mut self, column: &str, range: &TextRange) {
        match range.start() {
            Bound::Included(start) => self.and(&format!("{column} >= ?"), [blob(start)]),
            Bound::Excluded(start) => self.and(&format!("{column} > ?"), [blob(start)]),
            Bound::Unbounded => {}
        }
        match range.end() {
            Bound::Included(end) => self.and(&format!("{column} <= ?"), [blob(end)]),
            Bound::Excluded(end) => self.and(&format!("{column} < ?"), [blob(end)]),
            Bound::Unbounded => {}
        }
    }

    /// Only documents `d` that have not expired.
    pub(crate) fn live(&mut self, now: Timestamp) {
        self.and("(d.expires_at IS NULL OR d.expires_at > ?)", [now.as_millis().into()]);
    }

    /// Ordered by these columns, all in this direction.
    pub(crate) fn order(&mut self, columns: &[&str], direction: Direction) {
        let way = if direction == Direction::Ascending { " ASC" } else { " DESC" };
        let columns: Vec<String> = columns.iter().map(|column| format!("{column}{way}")).collect();
        self.sql.push_str(" ORDER BY ");
        self.sql.push_str(&columns.join(", "));
    }

    /// One more than the page holds: its presence says that the listing goes on.
    pub(crate) fn limit(&mut self, page: usize) {
        self.sql.push_str(" LIMIT ");
        self.sql.push_str(&(page + 1).to_string());
    }
}

/// Text as it is stored where its order or every character counts.
pub(crate) fn blob(text: &str) -> Value {
    Value::Blob(text.as_bytes().to_vec())
}
