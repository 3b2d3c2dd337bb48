//! The checksum that Secret Manager gives with a value: CRC-32C (Castagnoli), as in RFC 3720, appendix B.4.

/// The polynomial, its bits reversed.
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// What each byte does to the remainder.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let (mut byte, mut number) = (0, 0);
    while byte < table.len() {
        let mut remainder: u32 = number;
        let mut bit = 0;
        while bit < 8 {
            remainder = if remainder & 1 == 1 { (remainder >> 1) ^ POLYNOMIAL } else { remainder >> 1 };
            bit += 1;
        }
        table[byte] = remainder;
        (byte, number) = (byte + 1, number + 1);
    }
    table
};

/// The checksum of these bytes.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let fold = |remainder: u32, byte: &u8| {
        let [low, ..] = remainder.to_le_bytes();
        (remainder >> 8) ^ TABLE[usize::from(low ^ byte)]
    };
    !bytes.iter().fold(!0, fold)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 3720, appendix B.4, and the usual check value.
    #[test]
    fn it_is_castagnolis() {
        assert_eq!(checksum(b"123456789"), 0xe306_9283);
        assert_eq!(checksum(&[0; 32]), 0x8a91_36aa);
        assert_eq!(checksum(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(checksum(&(0..32).collect::<Vec<u8>>()), 0x46dd_794e);
        assert_eq!(checksum(b""), 0);
    }
}
