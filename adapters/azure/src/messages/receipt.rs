//! Receipts: what settles a delivery.

use anyport_ports::messages::Receipt;

/// The parts of a receipt: Storage's id of the message, the pop receipt of its delivery, and its text.
pub(super) struct Parts<'a> {
    pub(super) id: &'a str,
    pub(super) pop_receipt: &'a str,
    pub(super) text: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// The parts of a receipt, if this adapter, or who knows its form, made it. An id is what can stand in the path of a URL.
    pub(super) fn of(receipt: &'a Receipt) -> Option<Self> {
        let mut parts = receipt.as_str().splitn(3, '\n');
        let (id, pop_receipt, text) = (parts.next()?, parts.next()?, parts.next());
        let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (plain && !id.is_empty() && !pop_receipt.is_empty()).then_some(Self { id, pop_receipt, text })
    }
}

/// A receipt of these parts, between line feeds, which neither of the first two holds.
pub(super) fn receipt(id: &str, pop_receipt: &str, text: &str) -> Receipt {
    Receipt::new(format!("{id}\n{pop_receipt}\n{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_holds_what_settles_a_delivery_and_the_text() {
        let whole = receipt("6012-a", "AgAA+/==", "e\n=");
        let parts = Parts::of(&whole).unwrap();
        assert_eq!((parts.id, parts.pop_receipt, parts.text), ("6012-a", "AgAA+/==", Some("e\n=")));
        let bare = Receipt::new("6012-a\nAgAA");
        assert_eq!(Parts::of(&bare).unwrap().text, None);
    }

    #[test]
    fn what_is_none_is_told() {
        for none in ["", "id", "id\n", "\npop", "../other\npop", "a?b\npop"] {
            assert!(Parts::of(&Receipt::new(none)).is_none(), "{none:?}");
        }
    }
}
