//! The page that lists principles and their tests.

use std::fmt::Write as _;

use super::report::Shown;
use super::table::PRINCIPLES;

const HEAD: &str = "\
# Principles

Two documents founded this project: *A*, a manifesto of serverless design (SOLID, hexagonal, cloud native), and *B*, a list of
principles of serverless architecture. Every line of both is something that works here, and a test names it by its id:
`principle_a4_...` shows A4.

This page is written by `cargo xtask principles` from what the test runner reports. `cargo xtask test` fails when an id has no
test, when one of these tests fails, and when this page does not list them.

| id | principle | what there is of it | shown by |
| --- | --- | --- | --- |
";

/// The page.
pub(super) fn of(shown: &Shown) -> String {
    let mut page = HEAD.to_owned();
    for principle in PRINCIPLES {
        let tests = shown.tests(principle).iter().map(|test| {
            let name = test.name.rsplit("::").next().unwrap_or(&test.name);
            format!("`{}` `{name}`", test.binary)
        });
        let tests = tests.collect::<Vec<_>>().join("<br>");
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| {} | {} | {} | {tests} |", principle.id, principle.name, principle.capability);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::complete;
    use super::*;

    #[test]
    fn each_principle_has_a_line_with_its_tests() {
        let page = of(&Shown::by(complete()));
        assert_eq!(page.lines().filter(|line| line.starts_with("| ")).count(), 2 + PRINCIPLES.len());
        assert!(page.contains("| `pack::binary` `principle_b14_holds` |\n"), "{page}");
    }
}
