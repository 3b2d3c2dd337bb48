//! AWS X-Ray: `X-Amzn-Trace-Id`.

use super::{TraceContext, hex};

impl TraceContext {
    /// Reads `Root=1-<8 hexadecimal>-<24 hexadecimal>;Parent=<16 hexadecimal>;Sampled=<0 or 1>`, in any order, with other
    /// fields between. Without a parent there is none to name: `None`.
    pub fn from_xray(text: &str) -> Option<Self> {
        let field =
            |name: &str| text.split(';').filter_map(|field| field.trim().split_once('=')).find(|(own, _)| *own == name);
        let (_, root) = field("Root")?;
        let (time, unique) = root.strip_prefix("1-")?.split_once('-')?;
        let trace = (hex(time, 8)? << 96) | hex(unique, 24)?;
        let span = u64::try_from(hex(field("Parent")?.1, 16)?).ok()?;
        let sampled = field("Sampled").is_some_and(|(_, sampled)| sampled == "1");
        Self { trace, span, sampled, state: None }.valid()
    }

    /// As `X-Amzn-Trace-Id`.
    pub fn to_xray(&self) -> String {
        let trace = self.trace_id();
        let (time, unique) = trace.split_at(8);
        format!("Root=1-{time}-{unique};Parent={:016x};Sampled={}", self.span, u8::from(self.sampled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const W3C: &str = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
    const XRAY: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

    #[test]
    fn it_says_the_same_as_the_standard() {
        let context = TraceContext::from_xray(XRAY).unwrap();
        assert_eq!(context.to_traceparent(), W3C);
        assert_eq!(TraceContext::from_traceparent(W3C), Some(context.clone()));
        assert_eq!(context.to_xray(), XRAY);
        assert_eq!(context.trace_id(), "5759e988bd862e3fe1be46a994272793");
    }

    #[test]
    fn fields_come_in_any_order_and_unsampled() {
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
