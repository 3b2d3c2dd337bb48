//! Google Cloud: `X-Cloud-Trace-Context`.

use super::{TraceContext, hex};

impl TraceContext {
    /// Reads `<32 hexadecimal>/<span, decimal>;o=<options>`, the options being left out by some. Without a span there is none
    /// to name: `None`.
    pub fn from_google(text: &str) -> Option<Self> {
        let (ids, options) = text.trim().split_once(';').unwrap_or((text.trim(), ""));
        let (trace, span) = ids.split_once('/')?;
        let digits = !span.is_empty() && span.bytes().all(|byte| byte.is_ascii_digit());
        let span = digits.then(|| span.parse().ok()).flatten()?;
        let options: u8 = options.strip_prefix("o=").and_then(|options| options.parse().ok()).unwrap_or(0);
        Self { trace: hex(trace, 32)?, span, sampled: options & 1 == 1, state: None }.valid()
    }

    /// As `X-Cloud-Trace-Context`.
    pub fn to_google(&self) -> String {
        format!("{:032x}/{};o={}", self.trace, self.span, u8::from(self.sampled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_the_same_as_the_standard() {
        let context = TraceContext::from_google("5759e988bd862e3fe1be46a994272793/6023947403358210776;o=1").unwrap();
        assert_eq!(context.to_traceparent(), "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01");
        assert_eq!(context.to_google(), "5759e988bd862e3fe1be46a994272793/6023947403358210776;o=1");
        let unsampled = TraceContext::from_google("5759e988bd862e3fe1be46a994272793/1").unwrap();
        assert!(!unsampled.is_sampled());
    }

    #[test]
    fn what_is_malformed_or_names_nothing_is_no_context() {
        for bad in [
            "",
            "/",
            "5759e988bd862e3fe1be46a994272793",
            "5759e988bd862e3fe1be46a994272793/",
            "5759e988bd862e3fe1be46a994272793/0;o=1",
            "5759e988bd862e3fe1be46a994272793/+1;o=1",
            "5759e988bd862e3fe1be46a994272793/18446744073709551616;o=1",
            "5759e988bd862e3fe1be46a99427279/1;o=1",
            "00000000000000000000000000000000/1;o=1",
        ] {
            assert_eq!(TraceContext::from_google(bad), None, "{bad}");
        }
    }
}
