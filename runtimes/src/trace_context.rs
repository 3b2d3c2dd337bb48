//! Where a call stands in a distributed trace: W3C Trace Context, and AWS X-Ray's form of the same.

use http::HeaderMap;

/// The header of W3C Trace Context.
pub(crate) const TRACEPARENT: &str = "traceparent";

/// A trace, and the call in it that this one was made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace: u128,
    parent: u64,
    sampled: bool,
}

impl TraceContext {
    /// That of a request's `traceparent`, if it has one that is well-formed.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        Self::from_traceparent(headers.get(TRACEPARENT)?.to_str().ok()?)
    }

    /// Reads `00-<32 hexadecimal>-<16 hexadecimal>-<flags>`, of a later version its first four fields.
    pub fn from_traceparent(text: &str) -> Option<Self> {
        let mut fields = text.trim().split('-');
        let (version, trace, parent, flags) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let version = u8::try_from(hex(version, 2)?).ok().filter(|version| *version != 0xff)?;
        if version == 0 && fields.next().is_some() {
            return None;
        }
        let (trace, parent) = (hex(trace, 32)?, u64::try_from(hex(parent, 16)?).ok()?);
        Self { trace, parent, sampled: hex(flags, 2)? & 1 == 1 }.valid()
    }

    /// As `traceparent`.
    pub fn to_traceparent(self) -> String {
        format!("00-{:032x}-{:016x}-{:02x}", self.trace, self.parent, u8::from(self.sampled))
    }

    /// Reads `Root=1-<8 hexadecimal>-<24 hexadecimal>;Parent=<16 hexadecimal>;Sampled=<0 or 1>`, in any order, with other
    /// fields between. Without a parent there is none to name: `None`.
    pub fn from_xray(text: &str) -> Option<Self> {
        let field =
            |name: &str| text.split(';').filter_map(|field| field.trim().split_once('=')).find(|(own, _)| *own == name);
        let (_, root) = field("Root")?;
        let (time, unique) = root.strip_prefix("1-")?.split_once('-')?;
        let trace = (hex(time, 8)? << 96) | hex(unique, 24)?;
        let parent = u64::try_from(hex(field("Parent")?.1, 16)?).ok()?;
        Self { trace, parent, sampled: field("Sampled").is_some_and(|(_, sampled)| sampled == "1") }.valid()
    }

    /// As `X-Amzn-Trace-Id`.
    pub fn to_xray(self) -> String {
        let trace = format!("{:032x}", self.trace);
        let (time, unique) = trace.split_at(8);
        format!("Root=1-{time}-{unique};Parent={:016x};Sampled={}", self.parent, u8::from(self.sampled))
    }

    /// The trace, in 32 hexadecimal digits: what logs of all its calls have in common.
    pub fn trace_id(self) -> String {
        format!("{:032x}", self.trace)
    }

    /// Both standards have zeros for "none".
    fn valid(self) -> Option<Self> {
        (self.trace != 0 && self.parent != 0).then_some(self)
    }
}

/// Exactly so many lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let plain = text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    plain.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const W3C: &str = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
    const XRAY: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

    #[test]
    fn the_two_forms_say_the_same() {
        let context = TraceContext::from_xray(XRAY).unwrap();
        assert_eq!(context.to_traceparent(), W3C);
        assert_eq!(TraceContext::from_traceparent(W3C), Some(context));
        assert_eq!(context.to_xray(), XRAY);
        assert_eq!(context.trace_id(), "5759e988bd862e3fe1be46a994272793");
    }

    #[test]
    fn xray_fields_come_in_any_order_and_unsampled() {
        let parent = "Parent=53995c3f42cd8ad8";
        let root = "Root=1-5759e988-bd862e3fe1be46a994272793";
        for text in [format!("{parent};{root}"), format!("Self=1-a-b;{root}; Lineage=a:1|b:0;{parent};Sampled=0")] {
            let context = TraceContext::from_xray(&text).unwrap();
            assert_eq!(context.to_traceparent(), W3C.replace("-01", "-00"), "{text}");
        }
    }

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
        for bad in [
            "",
            "Root",
            "Root=1-5759e988-bd862e3fe1be46a994272793",
            "Root=2-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8",
            "Root=1-5759e988-bd862e3fe1be46a9942727;Parent=53995c3f42cd8ad8",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=+3995c3f42cd8ad8",
            "Root=1-00000000-000000000000000000000000;Parent=53995c3f42cd8ad8",
        ] {
            assert_eq!(TraceContext::from_xray(bad), None, "{bad}");
        }
    }
}
