//! Handles on resources as parameters, whatever the trigger.

use anyport_ports::handles::{Handle, Ports};

use super::{ByHandle, FromInvocation, Parameter, Setup};
use crate::function::kind::TriggerKind;

impl<K: TriggerKind, H: Handle> FromInvocation<K, ByHandle> for H {
    type Prepared = ();

    fn parameter() -> Parameter {
        Parameter::Handle(H::needs())
    }

    fn prepare(_setup: &Setup<'_>) -> Result<(), String> {
        Ok(())
    }

    fn extract((): &(), _invocation: &mut K::Invocation, ports: &Ports) -> Result<Self, K::Rejection> {
        Ok(H::open(ports))
    }
}
