//! Receipts: what settles a delivery.

use anyport_ports::messages::Receipt;

/// The parts of a receipt: Pub/Sub's ack id; which attempt the delivery is; why the message is with the dead letters, if
/// it is; and the event, since Pub/Sub cannot read a message by its ack id, and whoever moves it must write it anew.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub(super) ack_id: &'a str,
    pub(super) attempt: u32,
    pub(super) reason: Option<String>,
    pub(super) event: Option<&'a str>,
}

/// A receipt of these parts: the ack id, the attempt and the reason in JSON, each on a line, and the event.
pub(super) fn receipt(ack_id: &str, attempt: u32, reason: Option<&str>, event: &str) -> Receipt {
    let reason = serde_json::to_string(&reason).unwrap_or_default();
    Receipt::new(format!("{ack_id}\n{attempt}\n{reason}\n{event}"))
}

/// The parts of a receipt. One without an event is an ack id by itself. One that begins with an empty line is of a message that
/// was pushed, and holds its event: who was pushed to has no ack id, and answers instead.
pub(super) fn parts(receipt: &Receipt) -> Parts<'_> {
    if let Some(event) = receipt.as_str().strip_prefix('\n') {
        return Parts { ack_id: "", attempt: 1, reason: None, event: Some(event) };
    }
    let mut lines = receipt.as_str().splitn(4, '\n');
    let ack_id = lines.next().unwrap_or_default();
    let attempt = lines.next().and_then(|attempt| attempt.parse().ok()).unwrap_or(1);
    let reason = lines.next().and_then(|reason| serde_json::from_str(reason).ok()).unwrap_or_default();
    Parts { ack_id, attempt, reason, event: lines.next() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_holds_all_that_settling_needs() {
        let whole = receipt("AQEB==", 2, None, "{\n}");
        assert_eq!(parts(&whole), Parts { ack_id: "AQEB==", attempt: 2, reason: None, event: Some("{\n}") });
        let dead = receipt("AQEB==", 1, Some("two\nlines"), "{}");
        assert_eq!(parts(&dead).reason.as_deref(), Some("two\nlines"));
        let pushed = Parts { ack_id: "", attempt: 1, reason: None, event: Some("{\n}") };
        assert_eq!(parts(&Receipt::new("\n{\n}")), pushed);
        assert_eq!(parts(&Receipt::new("AQEB==")), Parts { ack_id: "AQEB==", attempt: 1, reason: None, event: None });
    }
}
