//! Panics become lines of the log, on whatever thread and whatever that thread logs to.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::PanicHookInfo;

use serde_json::Value;
use tracing::Level;

use super::json::Line;
use super::output::write_line;

const MESSAGE: &str = "a panic";

/// From now on.
pub(super) fn log_all() {
    std::panic::set_hook(Box::new(log));
}

fn log(panic: &PanicHookInfo<'_>) {
    let text = panic.payload_as_str().unwrap_or("(no message)");
    let at = panic.location().map(ToString::to_string);
    let thread = std::thread::current().name().map(str::to_owned);
    // Only where RUST_BACKTRACE asks for it.
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    if tracing::enabled!(Level::ERROR) {
        tracing::error!(panic = text, at, thread, backtrace, "{MESSAGE}");
        return;
    }
    // Whatever the thread logs to, or the filter says: of a panic there is always a line.
    let mut line = Line::new(Level::ERROR, module_path!(), MESSAGE);
    let fields = [("panic", Some(text.to_owned())), ("at", at), ("thread", thread), ("backtrace", backtrace)];
    for (name, value) in fields {
        if let Some(value) = value {
            line.field(name, Value::String(value));
        }
    }
    write_line(&line.finish());
}
