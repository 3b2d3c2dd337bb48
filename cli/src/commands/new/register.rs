//! Adding to files that stand: a module to its parent, a function to the workload.

use anyhow::Context as _;

use super::names::Names;
use super::trigger::Trigger;

/// The line above which functions are added.
const MARKER: &str = "    // `anyport new function` adds to the chain above this line.";

/// The parent with this module among its others.
pub(super) fn module(parent: &str, name: &str, public: bool) -> anyhow::Result<String> {
    let own = if public { format!("pub mod {name};") } else { format!("mod {name};") };
    let mut lines: Vec<&str> = parent.lines().collect();
    let is_module = |line: &str| line.ends_with(';') && (line.starts_with("mod ") || line.starts_with("pub mod "));
    if lines.contains(&own.as_str()) {
        anyhow::bail!("there is a module {name} already: nothing was written");
    }
    let last = lines.iter().rposition(|line| is_module(line));
    let first = lines.iter().position(|line| is_module(line));
    let (Some(first), Some(last)) = (first, last) else {
        anyhow::bail!("it has no modules to add one to: add `{own}` by hand");
    };
    let place = (first..=last).find(|at| is_module(lines[*at]) && lines[*at] > own.as_str()).unwrap_or(last + 1);
    lines.insert(place, &own);
    Ok(lines.join("\n") + "\n")
}

/// The workload with this call in its chain.
pub(super) fn function(workload: &str, call: &str, trigger: &Trigger) -> anyhow::Result<String> {
    let missing =
        || format!("the line {:?} is gone: put it below the chain again, or add by hand:\n{call}", MARKER.trim());
    let (before, after) = workload.split_once(MARKER).with_context(missing)?;
    let text = format!("{before}{call}{MARKER}{after}");
    Ok(match trigger {
        Trigger::Subscription { .. } | Trigger::Schedule { .. } | Trigger::Blob { .. } | Trigger::Changes { .. } => {
            text
        }
        Trigger::Http { .. } if text.contains("Method") => text,
        Trigger::Http { .. } => {
            text.replacen("use anyport_runtimes::{Function,", "use anyport_runtimes::{Function, Method,", 1)
        }
    })
}

/// The call that adds a function.
pub(super) fn call(names: &Names, trigger: &Trigger) -> String {
    let Names { kebab, snake, pascal } = names;
    let function = format!("functions::{snake}::{snake}");
    let made = match trigger {
        Trigger::Http { method, path, .. } => {
            format!("http(\"{kebab}\", Method::{method}, \"{path}\", {function})")
        }
        Trigger::Subscription { .. } => {
            format!("subscription::<domain::{snake}::{pascal}Subscription, _, _>(\"{kebab}\", {function})")
        }
        Trigger::Schedule { cron } => format!("schedule(\"{kebab}\", \"{cron}\", {function})"),
        Trigger::Blob { prefix, .. } => {
            format!("blob_created::<domain::{snake}::{pascal}Bucket, _, _>(\"{kebab}\", \"{prefix}\", {function})")
        }
        Trigger::Changes { .. } => {
            format!("document_changed::<domain::{snake}::{pascal}Source, _, _>(\"{kebab}\", {function})")
        }
    };
    format!("        .function(Function::{made})\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_stands_in_the_order_of_names() {
        let parent = "//! Docs.\n\npub mod alpha;\npub mod gamma;\n\npub use x;\n";
        let added = module(parent, "beta", true).unwrap();
        assert_eq!(added, "//! Docs.\n\npub mod alpha;\npub mod beta;\npub mod gamma;\n\npub use x;\n");
        assert_eq!(module("mod a;\n", "z", false).unwrap(), "mod a;\nmod z;\n");
        assert!(module(&added, "beta", true).is_err() && module("fn x() {}\n", "beta", true).is_err());
    }

    #[test]
    fn a_workload_without_the_marker_is_left_alone_and_the_line_is_told() {
        let trigger = Trigger::schedule("0 3 * * *").unwrap();
        let call = call(&Names::of("clean-up").unwrap(), &trigger);
        let error = function("fn workload() {}", &call, &trigger).unwrap_err().to_string();
        assert!(error.contains("Function::schedule(\"clean-up\", \"0 3 * * *\""), "{error}");
    }
}
