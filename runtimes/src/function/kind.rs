//! The kinds of trigger, as types: what keeps an HTTP extractor out of a scheduled function.

use std::marker::PhantomData;

use anyport_ports::blobs::{BlobName, Etag};
use anyport_ports::documents::DocumentChange;
use anyport_ports::handles;
use anyport_ports::messages::Delivery;
use anyport_ports::{Failure, Timestamp};
use bytes::Bytes;
use http::HeaderMap;

use crate::answer::HttpAnswer;
use crate::auth::Principal;
use crate::fault::Fault;
use crate::problem::Problem;

mod sealed {
    pub trait Sealed {}
}

/// A kind of trigger: what an invocation brings, and how it is answered.
pub trait TriggerKind: sealed::Sealed + Send + Sync + 'static {
    /// What the runtime hands to the function.
    type Invocation: Send + 'static;
    /// What a function that succeeded gives back.
    type Answer: Send + 'static;
    /// What a function that failed, or that could not be called, gives back.
    type Rejection: Send + 'static;

    /// What an error of the function is given back as.
    fn rejection(failure: &impl Failure) -> Self::Rejection;
}

/// Called by an HTTP request to a route.
#[derive(Debug)]
pub struct Http;

/// Called by each message of the subscription `S`.
#[derive(Debug)]
pub struct Subscription<S>(PhantomData<fn() -> S>);

/// Called by the clock.
#[derive(Debug)]
pub struct Schedule;

/// Called by each blob written to the bucket `B`.
#[derive(Debug)]
pub struct BlobsCreated<B>(PhantomData<fn() -> B>);

/// Called by each change of a document of the collection `C`.
#[derive(Debug)]
pub struct DocumentsChanged<C>(PhantomData<fn() -> C>);

/// An HTTP request, routed, with its body read.
#[derive(Debug)]
pub struct HttpInvocation {
    /// The route's parameters by name, percent-decoded.
    pub path: Vec<(String, String)>,
    /// The query as it came, without `?`.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; empty if the function takes none.
    pub body: Bytes,
    /// Who sent it, where the function has a caller.
    pub principal: Option<Principal>,
}

/// A slot of a schedule that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// When the invocation was due, which is before it happens.
    pub scheduled_for: Timestamp,
}

/// A blob that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedBlob {
    /// Its name.
    pub name: BlobName,
    /// The state of its bytes.
    pub etag: Etag,
}

impl sealed::Sealed for Http {}

impl TriggerKind for Http {
    type Invocation = HttpInvocation;
    type Answer = HttpAnswer;
    type Rejection = Problem;

    fn rejection(failure: &impl Failure) -> Problem {
        Problem::from(&Fault::of(failure))
    }
}

macro_rules! event_kind {
    ($kind:ty, $invocation:ty $(, $parameter:ident: $bound:path)?) => {
        impl$(<$parameter: $bound>)? sealed::Sealed for $kind {}

        impl$(<$parameter: $bound>)? TriggerKind for $kind {
            type Invocation = $invocation;
            type Answer = ();
            type Rejection = Fault;

            fn rejection(failure: &impl Failure) -> Fault {
                Fault::of(failure)
            }
        }
    };
}

event_kind!(Subscription<S>, Delivery, S: handles::Subscriber);
event_kind!(Schedule, Slot);
event_kind!(BlobsCreated<B>, CreatedBlob, B: handles::Bucket);
event_kind!(DocumentsChanged<C>, DocumentChange, C: handles::Collection);
