//! One start of a program, measured.

use std::time::Duration;

use anyport_conformance::hosts::gateway::HttpCall;

use crate::Result;
use crate::host::Process;
use crate::program::Program;

/// Invocations of a process.
const INVOCATIONS: usize = 100;

/// What one process took.
pub(crate) struct Sample {
    /// From start to the first `/next`.
    pub(crate) start: Duration,
    /// Of that, what it kept a core busy for.
    pub(crate) start_cpu: Option<Duration>,
    /// The first invocation.
    pub(crate) first: Duration,
    /// The hundredth.
    pub(crate) hundredth: Duration,
    /// What all hundred kept a core busy for.
    pub(crate) invocations_cpu: Option<Duration>,
    /// Most memory that it held, in bytes.
    pub(crate) peak_memory: Option<u64>,
}

/// Starts a program, calls it a hundred times, and ends it.
pub(crate) async fn take(program: &Program, call: &HttpCall) -> Result<Sample> {
    let process = Process::start(program).await?;
    let id = process.child.id();
    let start_cpu = cpu_time(id);
    let (_, first) = process.call(call).await?;
    let mut hundredth = first;
    for _ in 1..INVOCATIONS {
        let (reply, took) = process.call(call).await?;
        if reply.status != 200 {
            return Err(format!("{} answered {}", program.binary.display(), reply.status).into());
        }
        hundredth = took;
    }
    let invocations_cpu = cpu_time(id).zip(start_cpu).map(|(after, before)| after.saturating_sub(before));
    Ok(Sample { start: process.start, start_cpu, first, hundredth, invocations_cpu, peak_memory: peak_memory(id) })
}

/// What all threads of a process have run for, where Linux tells.
fn cpu_time(id: u32) -> Option<Duration> {
    let tasks = std::fs::read_dir(format!("/proc/{id}/task")).ok()?;
    let nanos = tasks.filter_map(|task| {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Some(Duration::from_nanos(nanos.sum()))
}

/// Most memory that a process has held, where Linux tells.
fn peak_memory(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib * 1024)
}
