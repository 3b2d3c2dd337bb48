//! What a person who starts the server wants to know first, on standard error: standard output is the log's.

use std::io::{self, Write as _};
use std::net::SocketAddr;

use crate::settings::Settings;

/// Tells where the server is and what to try.
pub(crate) fn write(settings: &Settings, address: SocketAddr, made_secret: bool) {
    let base = format!("http://{address}");
    let secret =
        if made_secret { "\n  made a receipt-key for development: put your own there before you go live" } else { "" };
    let text = format!(
        r#"
The storefront listens on {base}
  data in {data}{secret}

Try:
  curl -si {base}/api/users -H 'content-type: application/json' -d '{{"name": "Ada", "email": "ada@example.com"}}'
  curl -s  {base}/openapi.json
  curl -s  {base}/readyz

Ctrl-C ends it; what is in flight is finished first.
"#,
        data = settings.data.display(),
    );
    // A server whose standard error is closed serves all the same.
    io::stderr().write_all(text.as_bytes()).ok();
}
