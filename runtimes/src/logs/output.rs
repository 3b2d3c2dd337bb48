//! Standard output, one line at a time.

use std::io::{self, Write as _};

/// Writes a line with its end at once, whatever other threads print. A log that nobody reads any more stops nothing.
pub(crate) fn write_line(line: &str) {
    let mut whole = String::with_capacity(line.len() + 1);
    whole.push_str(line);
    whole.push('\n');
    let mut stdout = io::stdout().lock();
    stdout.write_all(whole.as_bytes()).and_then(|()| stdout.flush()).ok();
}
