//! The progress of a long run, on standard error, where that is a terminal.

use std::time::Duration;

use anyport_conformance::report::{CheckReport, Outcome};
use anyport_conformance::run::Observer;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar that counts checks.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar of so many steps.
    pub(crate) fn of(steps: usize) -> Self {
        let bar = ProgressBar::new(steps as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:40.green} {pos}/{len} {elapsed} {wide_msg:.dim}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// One step is done; `what` is the next to be shown.
    pub(crate) fn step(&self, what: String) {
        self.0.set_message(what);
        self.0.inc(1);
    }

    /// Steps the bar from elsewhere.
    pub(crate) fn stepper(&self) -> impl Fn() + Send + Sync + use<> {
        let bar = self.0.clone();
        move || bar.inc(1)
    }

    /// What is under way is to be shown.
    pub(crate) fn tell(&self, what: String) {
        self.0.set_message(what);
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl Observer for Progress {
    fn ended(&self, adapter: &str, check: &CheckReport) {
        if let Outcome::Failed { .. } = check.outcome {
            self.0.println(format!("failed: {adapter} {} {}", check.clause, check.name));
        }
        self.step(format!("{adapter} {}", check.clause));
    }
}
