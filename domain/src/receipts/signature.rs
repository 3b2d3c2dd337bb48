//! The last line of a receipt: HMAC-SHA-256 over all that stands before it.

use std::fmt::Write as _;

use anyport_ports::secrets::SecretValue;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::ReceiptError;

const LABEL: &str = "signature: hmac-sha256 ";

/// The text with its signature as the last line.
pub(super) fn signed(text: String, key: &SecretValue) -> Result<String, ReceiptError> {
    let mut mac = keyed(key)?;
    mac.update(text.as_bytes());
    let mut signed = text;
    signed.push_str(LABEL);
    for byte in mac.finalize().into_bytes() {
        // Writing to a `String` does not fail.
        write!(signed, "{byte:02x}").ok();
    }
    signed.push('\n');
    Ok(signed)
}

/// Whether a receipt is as the storefront wrote it under this key.
pub fn is_genuine(receipt: &str, key: &SecretValue) -> bool {
    let Some((text, _)) = receipt.rsplit_once(LABEL) else { return false };
    signed(text.to_owned(), key).is_ok_and(|genuine| genuine == receipt)
}

fn keyed(key: &SecretValue) -> Result<Hmac<Sha256>, ReceiptError> {
    if key.expose().is_empty() {
        return Err(ReceiptError::KeyMissing);
    }
    Hmac::new_from_slice(key.expose()).map_err(|_| ReceiptError::KeyMissing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_receipt_is_not_genuine() {
        let key = SecretValue::new("key");
        let receipt = signed("total: 1.00\n".to_owned(), &key).unwrap();
        assert!(is_genuine(&receipt, &key));
        assert!(!is_genuine(&receipt.replace("1.00", "9.00"), &key));
        assert!(!is_genuine(&receipt, &SecretValue::new("another")));
        assert!(!is_genuine("total: 1.00\n", &key));
        assert!(matches!(signed(String::new(), &SecretValue::new("")), Err(ReceiptError::KeyMissing)));
    }

    #[test]
    fn the_signature_is_the_standards() {
        // RFC 4231, test case 2.
        let receipt = signed("what do ya want for nothing?".to_owned(), &SecretValue::new("Jefe")).unwrap();
        assert!(receipt.ends_with("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843\n"));
    }
}
