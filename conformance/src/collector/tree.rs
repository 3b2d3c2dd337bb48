//! Spans as a tree, for people and for golden files.

use super::Span;

/// One line for each span: its name, indented under the span that it is part of, those beside each other in the order in
/// which they began. A span whose parent is not among them stands at the root.
pub fn tree(spans: &[Span]) -> String {
    let known = |id: &str| spans.iter().any(|span| span.span_id == id);
    let mut lines = String::new();
    let roots = spans.iter().filter(|span| span.parent_id.as_deref().is_none_or(|parent| !known(parent)));
    for root in in_order(roots) {
        branch(spans, root, 0, &mut lines);
    }
    lines
}

fn branch(spans: &[Span], span: &Span, depth: usize, lines: &mut String) {
    // Deeper than that is a span that is its own ancestor.
    if depth > spans.len() {
        return;
    }
    lines.push_str(&"  ".repeat(depth));
    lines.push_str(&span.name);
    if span.kind != "internal" {
        lines.push_str(" (");
        lines.push_str(span.kind);
        lines.push(')');
    }
    if span.error.is_some() {
        lines.push_str(" failed");
    }
    lines.push('\n');
    let children = spans.iter().filter(|child| child.parent_id.as_deref() == Some(&span.span_id));
    for child in in_order(children) {
        branch(spans, child, depth + 1, lines);
    }
}

fn in_order<'a>(spans: impl Iterator<Item = &'a Span>) -> Vec<&'a Span> {
    let mut spans: Vec<&Span> = spans.collect();
    spans.sort_by_key(|span| span.began);
    spans
}
