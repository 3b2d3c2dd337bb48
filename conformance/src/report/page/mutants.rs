//! Seeded faults x the checks that kill them.

use serde::Serialize;

use super::super::duration::human;
use super::super::model::{KillMatrix, Mutant};

/// The kill matrix.
#[derive(Debug, Serialize)]
pub(in super::super) struct Power {
    /// Faults that die by their named check.
    named: usize,
    faults: usize,
    problems: Vec<String>,
    time: String,
    sections: Vec<Section>,
    idle: Vec<String>,
}

/// The faults of one port.
#[derive(Debug, Serialize)]
struct Section {
    port: String,
    /// The clauses that kill, or were meant to kill, at least one of these faults.
    columns: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    description: String,
    /// `killed`, `missed` (by its named check) or `survives`.
    status: &'static str,
    named_check: String,
    killers: Vec<String>,
    /// One per column: `named`, `kill`, `miss` (the named check, in vain) or nothing.
    cells: Vec<&'static str>,
}

impl Power {
    pub(super) fn new(matrix: &KillMatrix) -> Self {
        let mut ports: Vec<&str> = Vec::new();
        for mutant in &matrix.rows {
            if !ports.contains(&mutant.port.as_str()) {
                ports.push(&mutant.port);
            }
        }
        Self {
            named: matrix.rows.iter().filter(|mutant| mutant.killed_by_named).count(),
            faults: matrix.rows.len(),
            problems: matrix.problems(),
            time: human(matrix.seconds),
            sections: ports.into_iter().map(|port| section(matrix, port)).collect(),
            idle: matrix.checks_without_kill.clone(),
        }
    }
}

fn section(matrix: &KillMatrix, port: &str) -> Section {
    let mutants: Vec<&Mutant> = matrix.rows.iter().filter(|mutant| mutant.port == port).collect();
    let mut columns: Vec<String> = Vec::new();
    for mutant in &mutants {
        columns.push(mutant.named_check.clone());
        columns.extend(mutant.killers.iter().cloned());
    }
    columns.sort_unstable();
    columns.dedup();
    let rows = mutants.into_iter().map(|mutant| row(mutant, &columns)).collect();
    Section { port: port.to_owned(), columns, rows }
}

fn row(mutant: &Mutant, columns: &[String]) -> Row {
    Row {
        name: mutant.name.clone(),
        description: mutant.description.clone(),
        status: match (mutant.survives(), mutant.killed_by_named) {
            (true, _) => "survives",
            (false, true) => "killed",
            (false, false) => "missed",
        },
        named_check: mutant.named_check.clone(),
        killers: mutant.killers.clone(),
        cells: columns
            .iter()
            .map(|clause| match (*clause == mutant.named_check, mutant.killers.contains(clause)) {
                (true, _) if mutant.killed_by_named => "named",
                (true, _) => "miss",
                (false, true) => "kill",
                (false, false) => "",
            })
            .collect(),
    }
}
