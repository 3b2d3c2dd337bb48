//! Segments of a scan: ranges of documents' names, which need no index and hold whatever is there, whoever wrote it.
//!
//! They are cut where the first two characters of a name, as digits and small letters go, have gone that part of the
//! way. So they are about equal for keys that begin at random, and not for keys that all begin alike.

use anyport_ports::documents::Segment;

/// In the order of bytes.
const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// Where a segment begins, and before what it ends; the first and the last have no such bound.
pub(super) fn bounds(segment: Segment) -> (Option<String>, Option<String>) {
    let (number, of) = segment.numbered();
    (cut(number, of), cut(number + 1, of))
}

/// What begins the names at this part of the way.
fn cut(number: u32, of: u32) -> Option<String> {
    let base = u32::try_from(DIGITS.len()).ok()?;
    let at = number * base * base / of;
    if number == 0 || number >= of {
        return None;
    }
    let digit = |at: u32| DIGITS.get(at as usize).copied().map(char::from);
    Some([digit(at / base)?, digit(at % base)?].into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_meet_and_leave_nothing_out() {
        for of in 1..=Segment::MAX {
            let all: Vec<_> = (0..of).map(|number| bounds(Segment::new(number, of).unwrap())).collect();
            assert_eq!((&all[0].0, &all[all.len() - 1].1), (&None, &None));
            for (one, next) in all.iter().zip(&all[1..]) {
                assert!(one.1.is_some() && one.1 == next.0);
            }
            assert!(all.iter().skip(1).zip(all.iter().skip(2)).all(|(one, next)| one.0 < next.0), "{of}");
        }
    }
}
