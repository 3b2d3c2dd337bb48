//! How the entries of a batch are divided among requests.

use std::ops::Range;

use anyport_ports::messages::MAX_BATCH;

/// Most bytes of all messages in one request: SNS's limit, and the narrower of SQS's.
const MAX_REQUEST_BYTES: usize = 256 * 1024;

/// Divides entries of these sizes into runs that each fit one request, in order. One that is too large for any has a run
/// of its own: the service says so.
pub(super) fn runs(sizes: &[usize]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut bytes = 0;
    for (at, size) in sizes.iter().enumerate() {
        match runs.last_mut() {
            Some(run) if run.len() < MAX_BATCH && bytes + size <= MAX_REQUEST_BYTES => {
                run.end = at + 1;
                bytes += size;
            }
            _ => {
                runs.push(at..at + 1);
                bytes = *size;
            }
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_holds_what_fits_and_everything_is_in_one() {
        const K: usize = 1024;
        let all = |runs: &[Range<usize>]| runs.iter().map(|run| (run.start, run.end)).collect::<Vec<_>>();
        assert_eq!(all(&runs(&[])), []);
        assert_eq!(all(&runs(&[1; 10])), [(0, 10)]);
        assert_eq!(all(&runs(&[1; 11])), [(0, 10), (10, 11)]);
        assert_eq!(all(&runs(&[64 * K; 10])), [(0, 4), (4, 8), (8, 10)]);
        assert_eq!(all(&runs(&[256 * K, 1, 256 * K])), [(0, 1), (1, 2), (2, 3)]);
        assert_eq!(all(&runs(&[128 * K, 128 * K, 1])), [(0, 2), (2, 3)]);
        assert_eq!(all(&runs(&[1, 300 * K, 1])), [(0, 1), (1, 2), (2, 3)]);
    }
}
