//! Redis, for which nothing needs to stand.

use super::{Emulator, Maker};
use crate::program::Program;
use crate::ready::Probe;
use crate::tools;
use crate::variable::Variable;

/// The server.
pub(crate) const EMULATORS: &[&Emulator] = &[&REDIS];

/// What its tests use beside them.
pub(crate) const PROGRAMS: &[Program] =
    &[Program { variable: "ANYPORT_REDIS_SERVER", tool: &tools::REDIS_SERVER, beside: None }];

const REDIS: Emulator = Emulator {
    name: "redis-server",
    maker: Maker::Itself,
    serves: &[Variable::url("REDIS_URL", "redis")],
    could_serve: &[],
    tool: &tools::REDIS_SERVER,
    probe: Probe::RedisPing,
    arguments: |command, port, folder| {
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.arg("--dir").arg(folder);
    },
};
