//! The report of a run as text for people.

use std::path::Path;

use anyport_conformance::report::{AdapterReport, CheckReport, Outcome, Report, listed};

use crate::paint;

/// Prints every failure with its trace, what is masked, and one line for each adapter.
pub(super) fn print(report: &Report, directory: Option<&Path>) {
    for adapter in &report.adapters {
        adapter.checks.iter().for_each(|check| print_check(adapter, check));
    }
    if report.summary.selected() > 0 {
        print_counts(report);
    }
    print_against(report);
    for endurance in report.adapters.iter().filter_map(|adapter| adapter.endurance.as_ref()) {
        anstream::println!("{} {endurance}", paint::strong("through faults:"));
    }
    for problem in report.problems() {
        anstream::println!("{} {problem}", paint::bad("problem:"));
    }
    if report.is_pass() {
        if report.summary.selected() > 0 {
            anstream::println!("{}", paint::good(verdict(report.summary.masked)));
        }
        if report.adapters.iter().any(|adapter| adapter.endurance.is_some()) {
            anstream::println!("{}", paint::good("nothing acknowledged was lost through faults"));
        }
    } else {
        anstream::println!("{}", paint::faint(format!("replay with --seed {}", report.seed)));
    }
    if let Some(directory) = directory {
        anstream::println!("report: {}", directory.join("index.html").display());
    }
}

fn print_counts(report: &Report) {
    anstream::println!(
        "{}",
        paint::strong(format!(
            "{:<10} {:>7} {:>7} {:>7} {:>7} {:>9}  {}",
            "adapter", "passed", "failed", "skipped", "masked", "seconds", "fingerprint"
        ))
    );
    for adapter in &report.adapters {
        let counts = adapter.summary;
        let fingerprint = adapter.fingerprint.as_deref().unwrap_or("not taken");
        anstream::println!(
            "{:<10} {:>7} {:>7} {:>7} {:>7} {:>9.2}  {fingerprint}",
            adapter.name,
            counts.passed,
            counts.failed,
            counts.skipped,
            counts.masked,
            adapter.seconds
        );
    }
}

/// What stood for providers, and what that cannot show.
fn print_against(report: &Report) {
    for adapter in report.adapters.iter().filter(|adapter| !adapter.against.is_empty()) {
        anstream::println!("{} {}", paint::strong(format!("{} against:", adapter.name)), listed(&adapter.against));
    }
    for adapter in &report.adapters {
        for one in &adapter.unverified {
            anstream::println!(
                "{} {}\n    {}",
                paint::strong(format!("{} unverified against an emulator:", adapter.name)),
                one.what,
                paint::faint(&one.why)
            );
        }
    }
}

fn print_check(adapter: &AdapterReport, check: &CheckReport) {
    let title = format!("{} {} {}", adapter.name, check.clause, check.name);
    match &check.outcome {
        Outcome::Passed => {}
        Outcome::Masked { reason } => anstream::println!("{} {title}\n    {reason}", paint::strong("masked:")),
        Outcome::Failed { message, trace } => {
            anstream::println!("{} {title}\n    {message}", paint::bad("failed:"));
            for step in trace {
                anstream::println!("    {}", paint::faint(step));
            }
        }
    }
}

fn verdict(masked: usize) -> String {
    match masked {
        0 => "every clause holds on every adapter".to_owned(),
        1 => "every clause that its emulators can show holds on every adapter; 1 is masked".to_owned(),
        _ => format!("every clause that their emulators can show holds on every adapter; {masked} are masked"),
    }
}
