//! What a person who starts the server wants to know first, on standard error: standard output is the log's.

use std::io::{self, Write as _};
use std::net::SocketAddr;

use crate::compose::ForDevelopment;
use crate::settings::Settings;

/// Tells where the server is and what to try.
pub(crate) fn write(settings: &Settings, address: SocketAddr, for_development: ForDevelopment) {
    let base = format!("http://{address}");
    let ForDevelopment { receipt_key, issuer, payments } = for_development;
    let stands_in: String = [
        (receipt_key, "\n  made a receipt-key for development: put your own there before you go live"),
        (issuer, "\n  this machine gives the tokens of callers itself, by `app --token USER`: see auth.issuers"),
        (payments, "\n  payments go to a sandbox, which declines what costs over 10,000 euros: see http.services"),
    ]
    .into_iter()
    .filter_map(|(applies, told)| applies.then_some(told))
    .collect();
    let text = format!(
        r#"
The storefront listens on {base}
  data in {data}{stands_in}

Try:
  curl -si {base}/api/users -H 'content-type: application/json' -d '{{"name": "Grete", "email": "grete@example.com"}}'
  curl -s  {base}/openapi.json
  curl -s  {base}/readyz

Ctrl-C ends it; what is in flight is finished first.
"#,
        data = settings.data.display(),
    );
    // A server whose standard error is closed serves all the same.
    io::stderr().write_all(text.as_bytes()).ok();
}
