//! Receipts: what settles a delivery.

use anyport_ports::messages::Receipt;

/// The parts of a receipt: Pub/Sub's ack id; which attempt the delivery is; and the event, since Pub/Sub cannot read a
/// message by its ack id, and whoever gives it up must write it to the dead letters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub(super) ack_id: &'a str,
    pub(super) attempt: u32,
    pub(super) event: Option<&'a str>,
}

/// A receipt of these parts: the ack id and the attempt, each on a line, and the event.
pub(super) fn receipt(ack_id: &str, attempt: u32, event: &str) -> Receipt {
    Receipt::new(format!("{ack_id}\n{attempt}\n{event}"))
}

/// The parts of a receipt. One without an event is an ack id by itself.
pub(super) fn parts(receipt: &Receipt) -> Parts<'_> {
    let mut lines = receipt.as_str().splitn(3, '\n');
    let ack_id = lines.next().unwrap_or_default();
    let attempt = lines.next().and_then(|attempt| attempt.parse().ok()).unwrap_or(1);
    Parts { ack_id, attempt, event: lines.next() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_holds_the_ack_id_the_attempt_and_the_event() {
        let whole = receipt("AQEB==", 2, "{\n}");
        assert_eq!(parts(&whole), Parts { ack_id: "AQEB==", attempt: 2, event: Some("{\n}") });
        assert_eq!(parts(&Receipt::new("AQEB==")), Parts { ack_id: "AQEB==", attempt: 1, event: None });
    }
}
