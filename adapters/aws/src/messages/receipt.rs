//! Receipts: what settles a delivery.

use anyport_ports::messages::Receipt;

/// The parts of a receipt: SQS's handle of the delivery, and the body of the message, since SQS has no way to read a
/// message by its handle and whoever gives it up must write it to the dead letters.
pub(super) struct Parts<'a> {
    pub(super) handle: &'a str,
    pub(super) body: Option<&'a str>,
}

/// A receipt of these parts: the handle, a line feed, which no handle holds, and the body.
pub(super) fn receipt(handle: &str, body: &str) -> Receipt {
    Receipt::new(format!("{handle}\n{body}"))
}

/// The parts of a receipt. One without a body is a handle by itself.
pub(super) fn parts(receipt: &Receipt) -> Parts<'_> {
    match receipt.as_str().split_once('\n') {
        Some((handle, body)) => Parts { handle, body: Some(body) },
        None => Parts { handle: receipt.as_str(), body: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_holds_the_handle_and_the_body() {
        let whole = receipt("AQEB==", "{\n}");
        assert_eq!((parts(&whole).handle, parts(&whole).body), ("AQEB==", Some("{\n}")));
        let bare = Receipt::new("AQEB==");
        assert_eq!((parts(&bare).handle, parts(&bare).body), ("AQEB==", None));
    }
}
