//! W3C Trace Context: `traceparent` and `tracestate`.

use std::sync::Arc;

use super::{TraceContext, hex, state};

impl TraceContext {
    /// Reads `00-<32 hexadecimal>-<16 hexadecimal>-<flags>`, of a later version its first four fields.
    pub fn from_traceparent(text: &str) -> Option<Self> {
        let mut fields = text.trim().split('-');
        let (version, trace, span, flags) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let version = u8::try_from(hex(version, 2)?).ok().filter(|version| *version != 0xff)?;
        if version == 0 && fields.next().is_some() {
            return None;
        }
        let (trace, span) = (hex(trace, 32)?, u64::try_from(hex(span, 16)?).ok()?);
        Self { trace, span, sampled: hex(flags, 2)? & 1 == 1, state: None }.valid()
    }

    /// As `traceparent`.
    pub fn to_traceparent(&self) -> String {
        format!("00-{:032x}-{:016x}-{:02x}", self.trace, self.span, u8::from(self.sampled))
    }

    /// With this `tracestate`: what the vendors that saw the trace noted. What is none is passed over.
    #[must_use]
    pub fn with_tracestate(mut self, text: &str) -> Self {
        self.state = state::checked(text).map(Arc::from);
        self
    }

    /// As `tracestate`, if there is one.
    pub fn to_tracestate(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const W3C: &str = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";

    #[test]
    fn what_is_malformed_or_names_nothing_is_no_context() {
        for bad in [
            "",
            "00",
            "ff-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01",
            "00-00000000000000000000000000000000-53995c3f42cd8ad8-01",
            "00-5759e988bd862e3fe1be46a994272793-0000000000000000-01",
            "00-5759E988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01",
            "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01-more",
            "00-5759e988bd862e3fe1be46a99427279-53995c3f42cd8ad8-01",
        ] {
            assert_eq!(TraceContext::from_traceparent(bad), None, "{bad}");
        }
        assert!(TraceContext::from_traceparent(&W3C.replace("00-", "01-").replace("d8-01", "d8-01-more")).is_some());
    }
}
