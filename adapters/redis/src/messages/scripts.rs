//! The scripts: each operation of the port is one, so that it is done whole or not at all.

use crate::script::Script;

/// A script of a topic: what all share, then its own.
macro_rules! of_topic {
    ($file:literal) => {
        Script::new(concat!(include_str!("lua/entry.lua"), include_str!($file)))
    };
}

/// A script of a subscription: what all of a topic share, what all of a subscription share, then its own.
macro_rules! of_subscription {
    ($file:literal) => {
        Script::new(concat!(include_str!("lua/entry.lua"), include_str!("lua/queue.lua"), include_str!($file)))
    };
}

pub(super) static PROVISION: Script = of_topic!("lua/provision.lua");
pub(super) static PUBLISH: Script = of_topic!("lua/publish.lua");
pub(super) static RECEIVE: Script = of_subscription!("lua/receive.lua");
pub(super) static ACK: Script = of_subscription!("lua/ack.lua");
pub(super) static NACK: Script = of_subscription!("lua/nack.lua");
pub(super) static EXTEND: Script = of_subscription!("lua/extend.lua");
pub(super) static DEAD_LETTER: Script = of_subscription!("lua/dead_letter.lua");
pub(super) static REDRIVE: Script = of_subscription!("lua/redrive.lua");
