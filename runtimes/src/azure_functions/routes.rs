//! Paths that would mean two things.

use crate::function::Trigger;
use crate::workload::Workload;

/// Functions called by events whose own path, `POST /<function>`, a route takes as well: a client could call them. In words.
pub(super) fn clashes(workload: &Workload) -> Vec<String> {
    let functions = workload.functions();
    let events = functions.iter().filter(|function| !matches!(function.trigger, Trigger::Http { .. }));
    let clash = |event: &str| {
        functions.iter().find_map(|function| match &function.trigger {
            Trigger::Http { method, path } if method == "POST" && takes(path, event) => Some(format!(
                "{event}: Azure Functions calls it by POST /{event}, which the route {path:?} of {} takes as well: give one of \
                 them another name",
                function.name
            )),
            _ => None,
        })
    };
    events.filter_map(|event| clash(&event.name)).collect()
}

/// Whether a route takes the path of one segment.
fn takes(route: &str, segment: &str) -> bool {
    let rest = route.trim_start_matches('/');
    !rest.contains('/') && (rest.starts_with('{') || rest == segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_of_one_segment_takes_a_functions_path() {
        for (route, taken) in
            [("/work", true), ("/{any}", true), ("/works", false), ("/work/{id}", false), ("/", false)]
        {
            assert_eq!(takes(route, "work"), taken, "{route}");
        }
    }
}
