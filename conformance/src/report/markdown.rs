//! For pull requests and the README.

use super::against::{ABOUT_UNVERIFIED, Unverified, listed};
use super::duration::human;
use super::fingerprints::{Agreement, agreement, short};
use super::model::{AdapterReport, KillMatrix, Outcome, Report, Summary};

/// The report as GitHub-flavoured Markdown: the verdict, adapters x ports, and every failure with its trace.
pub fn to_markdown(report: &Report) -> String {
    let mut out = vec!["# Conformance".to_owned(), String::new()];
    let problems = report.problems();
    if problems.is_empty() {
        out.push("**Passed.** Every selected check ran and none failed.".to_owned());
    } else {
        out.push(format!("**Not passed**: {}.", problems.iter().map(|p| text(p)).collect::<Vec<_>>().join("; ")));
    }
    out.push(String::new());
    out.push(format!("Seed `{}`, started {}.", report.seed, text(&report.started_at)));
    out.push(String::new());
    out.extend(table(report, Columns::WithTime));
    out.push(String::new());
    match agreement(report) {
        Agreement::Equal => out.push("One and the same fingerprint on every adapter that ran.".to_owned()),
        Agreement::Different => out.push("The fingerprints differ: the adapters do not behave alike.".to_owned()),
        Agreement::NotCompared => {}
    }
    against(report, &mut out);
    endurance(report, &mut out);
    masked(report, &mut out);
    unverified(report, &mut out);
    failures(report, &mut out);
    if let Some(matrix) = &report.kill_matrix {
        kill_matrix(matrix, &mut out);
    }
    out.push(String::new());
    out.join("\n")
}

/// The table of adapters x ports alone, without what differs from run to run, so that a file which holds it changes only
/// when behaviour does.
pub fn to_markdown_table(report: &Report) -> String {
    table(report, Columns::Lasting).join("\n")
}

#[derive(Clone, Copy, PartialEq)]
enum Columns {
    WithTime,
    Lasting,
}

fn table(report: &Report, columns: Columns) -> Vec<String> {
    let with_time = columns == Columns::WithTime;
    let ports = report.ports();
    let mut header: Vec<String> = vec!["adapter".to_owned()];
    header.extend(ports.iter().map(|port| text(port)));
    header.extend(["passed", "failed", "masked", "skipped"].map(str::to_owned));
    header.extend(with_time.then(|| "time".to_owned()));
    let mut rule = vec!["---"];
    rule.extend(std::iter::repeat_n("---:", header.len() - 1));
    rule.push("---");
    header.push("fingerprint".to_owned());
    let mut out = vec![row(&header), format!("| {} |", rule.join(" | "))];
    for adapter in &report.adapters {
        let Summary { passed, failed, skipped, masked } = adapter.summary;
        let mut cells = vec![text(&adapter.name)];
        cells.extend(ports.iter().map(|port| port_count(adapter, port)));
        cells.extend([passed, failed, masked, skipped].map(|count| count.to_string()));
        cells.extend(with_time.then(|| human(adapter.seconds)));
        cells.push(adapter.fingerprint.as_deref().map_or("not taken".to_owned(), |f| format!("`{}`", short(f))));
        out.push(row(&cells));
    }
    out
}

/// Passed of all, for one port.
fn port_count(adapter: &AdapterReport, port: &str) -> String {
    let (mut passed, mut all) = (0, 0);
    for check in adapter.checks.iter().filter(|check| check.port == port) {
        all += 1;
        passed += usize::from(check.outcome == Outcome::Passed);
    }
    if all == 0 { "none".to_owned() } else { format!("{passed}/{all}") }
}

/// What the table of endurance runs shows.
pub(super) const ENDURANCE: &str = "What clients were told through lost, late, doubled and cut requests and answers, throttling and failing servers, \
     held against what stands in the end.";

fn endurance(report: &Report, out: &mut Vec<String>) {
    let runs: Vec<_> = report.adapters.iter().filter_map(|adapter| adapter.endurance.as_ref()).collect();
    if runs.is_empty() {
        return;
    }
    out.extend([String::new(), "## Endurance".to_owned(), String::new(), ENDURANCE.to_owned(), String::new()]);
    let columns = ["adapter", "port", "operations", "acknowledged", "refused", "not done", "indeterminate", "lost"];
    out.push(row(&columns.map(str::to_owned)));
    out.push("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |".to_owned());
    for run in &runs {
        for port in &run.ports {
            let counts =
                [port.operations, port.acknowledged, port.refused, port.not_done, port.indeterminate, port.lost];
            let mut cells = vec![text(&run.adapter), text(&port.port)];
            cells.extend(counts.map(|count| count.to_string()));
            out.push(row(&cells));
        }
    }
    for run in runs.iter().filter(|run| !run.passed()) {
        out.extend([String::new(), format!("{}, seed `{}`:", text(&run.adapter), run.seed), String::new()]);
        let violations = run.ports.iter().flat_map(|port| &port.violations);
        out.extend(fenced(&violations.cloned().collect::<Vec<_>>().join("\n")));
    }
}

fn against(report: &Report, out: &mut Vec<String>) {
    let adapters: Vec<_> = report.adapters.iter().filter(|adapter| !adapter.against.is_empty()).collect();
    if adapters.is_empty() {
        return;
    }
    out.extend([String::new(), "## Against".to_owned(), String::new()]);
    let line = |adapter: &&AdapterReport| format!("- {}: {}", text(&adapter.name), text(&listed(&adapter.against)));
    out.extend(adapters.iter().map(line));
}

fn unverified(report: &Report, out: &mut Vec<String>) {
    let adapters: Vec<_> = report.adapters.iter().filter(|adapter| !adapter.unverified.is_empty()).collect();
    if adapters.is_empty() {
        return;
    }
    out.extend([String::new(), "## Unverified against an emulator".to_owned(), String::new()]);
    out.extend([ABOUT_UNVERIFIED.to_owned(), String::new()]);
    for adapter in adapters {
        let line = |one: &Unverified| format!("- {}: {}. {}", text(&adapter.name), text(&one.what), text(&one.why));
        out.extend(adapter.unverified.iter().map(line));
    }
}

fn masked(report: &Report, out: &mut Vec<String>) {
    if report.summary.masked == 0 {
        return;
    }
    out.extend([String::new(), "## Masked".to_owned(), String::new()]);
    for adapter in &report.adapters {
        for check in &adapter.checks {
            if let Outcome::Masked { reason } = &check.outcome {
                out.push(format!("- {} on {}: {}", text(&check.clause), text(&adapter.name), text(reason)));
            }
        }
    }
}

fn failures(report: &Report, out: &mut Vec<String>) {
    if report.summary.failed == 0 {
        return;
    }
    out.extend([String::new(), "## Failures".to_owned()]);
    for adapter in &report.adapters {
        for check in &adapter.checks {
            let Outcome::Failed { message, trace } = &check.outcome else { continue };
            out.push(String::new());
            out.push(format!("### {} on {}", text(&check.clause), text(&adapter.name)));
            out.extend([String::new(), text(&check.name), String::new()]);
            out.extend(fenced(message));
            if !trace.is_empty() {
                out.extend([String::new(), "Trace:".to_owned(), String::new()]);
                out.extend(fenced(&trace.join("\n")));
            }
        }
    }
}

fn kill_matrix(matrix: &KillMatrix, out: &mut Vec<String>) {
    out.extend([String::new(), "## Power".to_owned(), String::new()]);
    let named = matrix.rows.iter().filter(|mutant| mutant.killed_by_named).count();
    out.push(format!(
        "{named} of {} seeded faults die by their named check, in {}.",
        matrix.rows.len(),
        human(matrix.seconds)
    ));
    let missed: Vec<_> = matrix.rows.iter().filter(|mutant| !mutant.killed_by_named).collect();
    if !missed.is_empty() {
        out.push(String::new());
        out.push(row(&["fault", "port", "named check", "killed by"].map(str::to_owned)));
        out.push("| --- | --- | --- | --- |".to_owned());
    }
    for mutant in missed {
        let killers =
            if mutant.survives() { "**nothing: it survives**".to_owned() } else { text(&mutant.killers.join(", ")) };
        out.push(row(&[text(&mutant.name), text(&mutant.port), text(&mutant.named_check), killers]));
    }
    if !matrix.checks_without_kill.is_empty() {
        out.push(String::new());
        out.push(format!("Checks that kill no seeded fault: {}.", text(&matrix.checks_without_kill.join(", "))));
    }
}

fn row(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

/// Arbitrary text as one line of plain Markdown: nothing in it is markup, HTML or the end of a table cell.
fn text(raw: &str) -> String {
    let mut escaped = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '#' | '~' => escaped.extend(['\\', c]),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Arbitrary text as a code block whose fence is longer than any run of backticks in it.
fn fenced(raw: &str) -> [String; 3] {
    let longest = raw.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    [format!("{fence}text"), raw.to_owned(), fence]
}
