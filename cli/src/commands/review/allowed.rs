//! What is meant as it is.

use super::Finding;

const MARK: &str = "// anyport review: allow ";

/// Whether a comment above the handler, among its documentation and attributes, allows this with a reason.
pub(super) fn is_allowed(source: &str, finding: &Finding) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let (first, last) = (finding.head.start, finding.head.end.min(lines.len()));
    let above = lines[..first.min(last)].iter().rev().take_while(|line| line.starts_with("//"));
    lines[first.min(last)..last].iter().chain(above).any(|line| allows(line, finding.rule.as_str()))
}

fn allows(line: &str, rule: &str) -> bool {
    let rest = line.strip_prefix(MARK).and_then(|rest| rest.strip_prefix(rule));
    rest.and_then(|rest| rest.strip_prefix(':')).is_some_and(|reason| !reason.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_reason_counts() {
        assert!(allows("// anyport review: allow handler-loop: it is two", "handler-loop"));
        for line in [
            "// anyport review: allow handler-loop",
            "// anyport review: allow handler-loop: ",
            "// anyport review: allow handler-loops: it is two",
            "// allow handler-loop: it is two",
        ] {
            assert!(!allows(line, "handler-loop"), "{line}");
        }
    }
}
