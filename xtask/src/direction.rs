//! The direction of dependencies: who may depend on whom, held against the resolved graph.
//!
//! The rules are data ([`rules`]), the graph is a small structure that tests build by hand ([`graph`]), and
//! what connects them is the pure function [`violations`].

mod graph;
mod rules;
#[cfg(test)]
mod tests;

use std::fmt;
use std::process::ExitCode;

use anyhow::Result;

use self::graph::Graph;
use self::rules::{Demand, Exception, Rule};
use crate::process;
use crate::workspace::Workspace;

/// `cargo xtask direction`.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    Ok(if holds(workspace)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether the workspace keeps every rule; prints the violations, or how many rules were held.
pub(crate) fn holds(workspace: &Workspace) -> Result<bool> {
    let graph = Graph::resolve(&workspace.root)?;
    let violations = violations(&graph, rules::RULES);
    if violations.is_empty() {
        let (rules, members) = (rules::RULES.len(), graph.members().count());
        process::say(&format!("\ndependency direction: {rules} rules hold for {members} packages"));
        for rule in rules::RULES {
            for Exception { dependency, reason } in rule.exceptions {
                process::say(&format!("    [{}] except `{dependency}`: {reason}", rule.name));
            }
        }
        return Ok(true);
    }
    process::say("\ndependency direction:");
    for violation in &violations {
        process::say(&format!("\n{violation}"));
    }
    Ok(false)
}

/// A dependency that a rule forbids.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The name of the rule.
    rule: &'static str,
    /// The folder of the workspace member that breaks it.
    folder: String,
    /// What is wrong, with the path from the member to the forbidden package.
    what: String,
    reason: &'static str,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, folder, what, reason } = self;
        writeln!(f, "[{rule}] {folder}/Cargo.toml: {what}")?;
        writeln!(f, "    why: {reason}")?;
        write!(f, "    to do: take the dependency out, or change the rule in xtask/src/direction/rules.rs")
    }
}

/// Every dependency in the graph that a rule forbids, and every workspace member that no rule restricts.
pub(crate) fn violations(graph: &Graph, rules: &[Rule]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (folder, member) in graph.members() {
        let mut restricted = false;
        for rule in rules.iter().filter(|rule| rule.of.holds(folder)) {
            restricted |= matches!(rule.demand, Demand::DirectlyOnly(_) | Demand::WithinWorkspaceOnly(_));
            let found = forbidden(graph, member, rule).into_iter().map(|what| Violation {
                rule: rule.name,
                folder: folder.to_owned(),
                what,
                reason: rule.reason,
            });
            violations.extend(found);
        }
        if !restricted {
            violations.push(Violation {
                rule: "every-package-has-a-rule",
                folder: folder.to_owned(),
                what: "no rule says what this package may depend on".to_owned(),
                reason: "a package without a rule could join what the others keep apart",
            });
        }
    }
    violations
}

/// What is wrong with one member by one rule, one line for each forbidden package.
fn forbidden(graph: &Graph, member: &str, rule: &Rule) -> Vec<String> {
    let excepted = |name: &str| rule.exceptions.iter().any(|exception| exception.dependency == name);
    let direct = |forbidden: &dyn Fn(&str) -> bool| {
        graph
            .direct(member)
            .filter(|id| forbidden(id) && !excepted(graph.name(id)))
            .map(|id| format!("depends on `{}`", graph.name(id)))
            .collect()
    };
    match rule.demand {
        Demand::DirectlyOnly(allowed) => direct(&|id| !rules::matches_any(allowed, graph.name(id))),
        Demand::WithinWorkspaceOnly(allowed) => {
            direct(&|id| graph.folder(id).is_some() && !rules::matches_any(allowed, graph.name(id)))
        }
        Demand::NotDirectly(banned) => direct(&|id| rules::matches_any(banned, graph.name(id))),
        Demand::NeverReaches(banned) => graph
            .paths(member)
            .into_iter()
            .filter(|path| path.last().is_some_and(|id| rules::matches_any(banned, graph.name(id))))
            .map(|path| format!("reaches {}", shown(graph, &path)))
            .collect(),
        Demand::NotTogether(left, right) => {
            let paths = graph.paths(member);
            let first = |pattern: &str| {
                paths.iter().find(|path| {
                    let folder = path.last().and_then(|id| graph.folder(id));
                    folder.is_some_and(|folder| rules::matches(pattern, folder))
                })
            };
            match (first(left), first(right)) {
                (Some(left), Some(right)) => {
                    vec![format!("reaches both {} and {}", shown(graph, left), shown(graph, right))]
                }
                _ => Vec::new(),
            }
        }
    }
}

fn shown(graph: &Graph, path: &[&str]) -> String {
    let names: Vec<&str> = path.iter().map(|id| graph.name(id)).collect();
    format!("`{}`", names.join(" -> "))
}
