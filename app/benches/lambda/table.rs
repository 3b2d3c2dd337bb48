//! What was measured, side by side.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::json;

use crate::Result;
use crate::program::Program;
use crate::sample::Sample;

/// One line: medians over all starts.
pub(crate) struct Row {
    name: &'static str,
    unit: Unit,
    ours: f64,
    by_hand: f64,
}

#[derive(Clone, Copy)]
enum Unit {
    Mebibytes,
    Milliseconds,
}

impl Unit {
    fn as_str(self) -> &'static str {
        match self {
            Self::Mebibytes => "MiB",
            Self::Milliseconds => "ms",
        }
    }
}

/// The lines; those that this machine cannot tell are left out.
pub(crate) fn rows(ours: &Program, of_ours: &[Sample], by_hand: &Program, of_by_hand: &[Sample]) -> Result<Vec<Row>> {
    let mut rows = vec![Row {
        name: "size",
        unit: Unit::Mebibytes,
        ours: mebibytes(ours.size()?),
        by_hand: mebibytes(by_hand.size()?),
    }];
    let mut add = |name, unit, of: &dyn Fn(&Sample) -> Option<f64>| {
        if let (Some(ours), Some(by_hand)) = (median(of_ours, of), median(of_by_hand, of)) {
            rows.push(Row { name, unit, ours, by_hand });
        }
    };
    add("start to first /next", Unit::Milliseconds, &|one| Some(millis(one.start)));
    add("first invocation", Unit::Milliseconds, &|one| Some(millis(one.first)));
    add("start to first answer", Unit::Milliseconds, &|one| Some(millis(one.start + one.first)));
    add("hundredth invocation", Unit::Milliseconds, &|one| Some(millis(one.hundredth)));
    add("CPU time to first /next", Unit::Milliseconds, &|one| one.start_cpu.map(millis));
    add("CPU time of 100 invocations", Unit::Milliseconds, &|one| one.invocations_cpu.map(millis));
    add("peak memory", Unit::Mebibytes, &|one| one.peak_memory.map(mebibytes));
    Ok(rows)
}

/// For people.
pub(crate) fn text(rows: &[Row], runs: usize) -> String {
    let mut text = format!("| medians of {runs} starts | storefront | by hand | ratio |\n|---|--:|--:|--:|");
    for Row { name, unit, ours, by_hand } in rows {
        let unit = unit.as_str();
        // Writing to a string cannot fail.
        let _ = write!(text, "\n| {name} | {ours:.2} {unit} | {by_hand:.2} {unit} | {:.2} |", ours / by_hand);
    }
    text
}

/// For machines.
pub(crate) fn json(rows: &[Row], runs: usize) -> Result<String> {
    let row = |Row { name, unit, ours, by_hand }: &Row| json!({ "name": name, "unit": unit.as_str(), "storefront": ours, "by_hand": by_hand, "ratio": ours / by_hand });
    let rows: Vec<_> = rows.iter().map(row).collect();
    Ok(serde_json::to_string_pretty(&json!({ "bench": "lambda", "runs": runs, "rows": rows }))?)
}

/// The median of what the samples tell; none if one of them tells nothing.
fn median(samples: &[Sample], of: &dyn Fn(&Sample) -> Option<f64>) -> Option<f64> {
    let mut values: Vec<f64> = samples.iter().map(of).collect::<Option<_>>()?;
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    let even = values.len().is_multiple_of(2);
    Some(if even { f64::midpoint(*values.get(middle.checked_sub(1)?)?, upper) } else { upper })
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "programs and their memory are far below 2^52 bytes")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}
