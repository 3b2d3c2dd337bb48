//! Who calls.

use std::fmt;
use std::marker::PhantomData;

use anyport_ports::handles::Ports;

use super::{FromInvocation, Parameter, Setup};
use crate::auth::{InsufficientScope, Principal, Unauthorized};
use crate::function::kind::{Http, HttpInvocation};
use crate::problem::Problem;

/// The caller. As a parameter it is required: a request without a token that holds is 401. `Option<Caller>` takes requests
/// without an `Authorization` header as well; a token that does not hold is 401 all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller(pub Principal);

impl Caller {
    /// Whom it is: stable, and unique within the issuer.
    pub fn subject(&self) -> &str {
        self.0.subject()
    }

    /// Nothing if the caller has this scope. Where a function always needs the scope, [`Scoped`] says so in its signature.
    pub fn require_scope(&self, scope: &'static str) -> Result<(), InsufficientScope> {
        self.0.require_scope(scope)
    }
}

/// A scope, as a type.
pub trait Scope: Send + Sync + 'static {
    /// Its name in tokens: `orders:write`.
    const NAME: &'static str;
}

/// The caller, who has the scope `S`: one without it is 403.
pub struct Scoped<S: Scope> {
    /// The caller.
    pub caller: Principal,
    scope: PhantomData<fn() -> S>,
}

impl<S: Scope> Scoped<S> {
    /// Whom it is: stable, and unique within the issuer.
    pub fn subject(&self) -> &str {
        self.caller.subject()
    }
}

impl<S: Scope> fmt::Debug for Scoped<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scoped").field(&S::NAME).field(&self.caller).finish()
    }
}

impl FromInvocation<Http> for Option<Caller> {
    type Prepared = ();

    fn parameter() -> Parameter {
        Parameter::Caller { required: false, scope: None }
    }

    fn prepare(_setup: &Setup<'_>) -> Result<(), String> {
        Ok(())
    }

    fn extract((): &(), invocation: &mut HttpInvocation, _ports: &Ports) -> Result<Self, Problem> {
        Ok(invocation.principal.clone().map(Caller))
    }
}

impl FromInvocation<Http> for Caller {
    type Prepared = ();

    fn parameter() -> Parameter {
        Parameter::Caller { required: true, scope: None }
    }

    fn prepare(_setup: &Setup<'_>) -> Result<(), String> {
        Ok(())
    }

    fn extract((): &(), invocation: &mut HttpInvocation, _ports: &Ports) -> Result<Self, Problem> {
        invocation.principal.clone().map(Self).ok_or_else(|| Unauthorized::Missing.into())
    }
}

impl<S: Scope> FromInvocation<Http> for Scoped<S> {
    type Prepared = ();

    fn parameter() -> Parameter {
        Parameter::Caller { required: true, scope: Some(S::NAME) }
    }

    fn prepare(_setup: &Setup<'_>) -> Result<(), String> {
        // RFC 6749, section 3.3: what a scope may be made of.
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
        if S::NAME.is_empty() || !S::NAME.bytes().all(plain) {
            return Err(format!("the scope {:?} is not visible ASCII without spaces, quotes and backslashes", S::NAME));
        }
        Ok(())
    }

    fn extract(prepared: &(), invocation: &mut HttpInvocation, ports: &Ports) -> Result<Self, Problem> {
        let Caller(caller) = Caller::extract(prepared, invocation, ports)?;
        caller.require_scope(S::NAME)?;
        Ok(Self { caller, scope: PhantomData })
    }
}
