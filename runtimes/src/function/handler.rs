//! Async functions as handlers.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use anyport_ports::handles::Ports;

use super::kind::TriggerKind;
use crate::answer::{AnswerShape, IntoAnswer};
use crate::extract::{FromInvocation, Parameter, Setup};

/// A future on the heap.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Decodes an invocation: the handler's future, not yet begun, or why the parameters are not right.
pub type Decoder<I, T, E> = Arc<dyn Fn(I, &Ports) -> Result<BoxFuture<'static, T>, E> + Send + Sync>;

/// A function ready to be called: its decoders are prepared.
pub type Decode<K> = Decoder<
    <K as TriggerKind>::Invocation,
    Result<<K as TriggerKind>::Answer, <K as TriggerKind>::Rejection>,
    <K as TriggerKind>::Rejection,
>;

/// What a handler's signature says.
#[derive(Clone, Debug)]
pub struct Signature {
    /// Its parameters in order.
    pub parameters: Vec<Parameter>,
    /// What it answers over HTTP; `None` for other triggers.
    pub answer: Option<AnswerShape>,
}

/// An async function of up to ten extractors for a trigger of the kind `K`.
///
/// `A` names the parameters and is always inferred.
#[diagnostic::on_unimplemented(
    message = "this function cannot be called by the trigger `{K}`",
    note = "it must be an async fn of at most 10 parameters, each an extractor of this trigger or a handle",
    note = "it must answer `Result<_, E>` with `E: anyport_ports::Failure`, and `()` inside unless it is called by HTTP"
)]
pub trait Handler<K: TriggerKind, A>: Clone + Send + Sync + 'static {
    /// Reads the signature off the types.
    fn signature() -> Signature;

    /// Prepares the decoders; all that is wrong with the parameters, in words.
    fn prepare(self, setup: &Setup<'_>) -> Result<Decode<K>, Vec<String>>;
}

macro_rules! handler {
    ($(($mark:ident, $parameter:ident)),*) => {
        #[allow(
            non_snake_case,
            unused_variables,
            unused_mut,
            irrefutable_let_patterns,
            reason = "parameters are named as their types, and there may be none"
        )]
        impl<K, F, Fut, R, $($mark, $parameter),*> Handler<K, ($(($mark, $parameter),)*)> for F
        where
            K: TriggerKind,
            F: Fn($($parameter),*) -> Fut + Clone + Send + Sync + 'static,
            Fut: Future<Output = R> + Send + 'static,
            R: IntoAnswer<K>,
            $($parameter: FromInvocation<K, $mark> + 'static,)*
        {
            fn signature() -> Signature {
                Signature { parameters: vec![$($parameter::parameter()),*], answer: R::shape() }
            }

            fn prepare(self, setup: &Setup<'_>) -> Result<Decode<K>, Vec<String>> {
                let mut problems = Vec::<String>::new();
                $(let $parameter = $parameter::prepare(setup).map_err(|problem| problems.push(problem));)*
                let ($(Ok($parameter),)*) = ($($parameter,)*) else {
                    return Err(problems);
                };
                let prepared = Arc::new(($($parameter,)*));
                Ok(Arc::new(move |mut invocation, ports| {
                    let ($($parameter,)*) = &*prepared;
                    $(let $parameter = <$parameter as FromInvocation<K, $mark>>::extract(
                        $parameter, &mut invocation, ports,
                    )?;)*
                    let handler = self.clone();
                    Ok(Box::pin(async move { handler($($parameter),*).await.into_answer() }))
                }))
            }
        }
    };
}

handler!();
handler!((M1, P1));
handler!((M1, P1), (M2, P2));
handler!((M1, P1), (M2, P2), (M3, P3));
handler!((M1, P1), (M2, P2), (M3, P3), (M4, P4));
handler!((M1, P1), (M2, P2), (M3, P3), (M4, P4), (M5, P5));
handler!((M1, P1), (M2, P2), (M3, P3), (M4, P4), (M5, P5), (M6, P6));
handler!((M1, P1), (M2, P2), (M3, P3), (M4, P4), (M5, P5), (M6, P6), (M7, P7));
handler!((M1, P1), (M2, P2), (M3, P3), (M4, P4), (M5, P5), (M6, P6), (M7, P7), (M8, P8));
handler!((M1, P1), (M2, P2), (M3, P3), (M4, P4), (M5, P5), (M6, P6), (M7, P7), (M8, P8), (M9, P9));
handler!((M1, P1), (M2, P2), (M3, P3), (M4, P4), (M5, P5), (M6, P6), (M7, P7), (M8, P8), (M9, P9), (M10, P10));
