//! What holds of every context and of every text.

use proptest::prelude::*;

use super::TraceContext;

fn context() -> impl Strategy<Value = TraceContext> {
    let ids = (1..=u128::MAX, 1..=u64::MAX, any::<bool>());
    ids.prop_map(|(trace, span, sampled)| TraceContext { trace, span, sampled, state: None })
}

/// Text that looks like a context of one of the forms, or nearly.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9a-fA-F]{2}-[0-9a-f]{31,33}-[0-9a-f]{15,17}-[0-9a-f]{1,3}(-[a-z]*)?",
        "(Root=1-[0-9a-f]{7,9}-[0-9a-f]{23,25};?|Parent=[0-9a-f]{16};?|Sampled=[0-9?];?){0,4}",
        "[0-9a-f]{31,33}/[0-9+]{0,21}(;o=[0-9]{0,3})?",
        ".*",
    ]
}

proptest! {
    #[test]
    fn each_form_comes_back_as_it_was(context in context()) {
        prop_assert_eq!(TraceContext::from_traceparent(&context.to_traceparent()), Some(context.clone()));
        prop_assert_eq!(TraceContext::from_xray(&context.to_xray()), Some(context.clone()));
        prop_assert_eq!(TraceContext::from_google(&context.to_google()), Some(context));
    }

    #[test]
    fn what_is_read_of_any_text_is_a_context_or_nothing(text in text()) {
        let read = [TraceContext::from_traceparent(&text), TraceContext::from_xray(&text), TraceContext::from_google(&text)];
        for context in read.into_iter().flatten() {
            prop_assert!(context.trace != 0 && context.span != 0);
            prop_assert_eq!(TraceContext::from_traceparent(&context.to_traceparent()), Some(context));
        }
    }

    #[test]
    fn a_state_is_passed_on_as_it_came_or_not_at_all(context in context(), state in "[a-c0=, @*]{0,40}|.*") {
        let context = context.with_tracestate(&state);
        prop_assert!(context.to_tracestate().is_none_or(|kept| kept == state.trim_matches([' ', '\t'])));
    }
}
