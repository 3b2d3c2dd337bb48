//! Which function of the host a request is for.

/// The route of a function, under the app's prefix: literal segments, parameters in braces, `{*rest}` for all that is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Segment>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    /// Goes before all else; cases are not told apart.
    Literal(String),
    Parameter,
    Rest,
}

impl Template {
    pub(super) fn new(prefix: &str, route: &str) -> Self {
        let segments = prefix.split('/').chain(route.split('/')).filter(|segment| !segment.is_empty());
        let segment = |text: &str| match text.strip_prefix('{') {
            Some(name) if name.starts_with('*') => Segment::Rest,
            Some(_) => Segment::Parameter,
            None => Segment::Literal(text.to_ascii_lowercase()),
        };
        Self(segments.map(segment).collect())
    }

    /// How closely the template fits a path: the less, the closer. `None` if it does not.
    pub(super) fn fits(&self, path: &str) -> Option<Vec<u8>> {
        let mut given = path.split('/').filter(|segment| !segment.is_empty());
        let mut rank = Vec::new();
        for segment in &self.0 {
            match segment {
                Segment::Rest => {
                    rank.push(2);
                    return Some(rank);
                }
                Segment::Parameter => {
                    given.next()?;
                    rank.push(1);
                }
                Segment::Literal(text) => {
                    given.next().filter(|given| given.eq_ignore_ascii_case(text))?;
                    rank.push(0);
                }
            }
        }
        given.next().is_none().then_some(rank)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_template_is_that_of_literals() {
        let fits = |route: &str, path: &str| Template::new("api", route).fits(path);
        assert_eq!(fits("users/{id}", "/api/Users/1"), Some(vec![0, 0, 1]));
        assert_eq!(fits("users/{id}", "/api/users"), None);
        assert_eq!(fits("users/{id}", "/api/users/1/x"), None);
        assert_eq!(fits("{*rest}", "/api/users/1/x"), Some(vec![0, 2]));
        assert_eq!(fits("{*rest}", "/api"), Some(vec![0, 2]));
        assert_eq!(fits("{*rest}", "/other"), None);
        assert_eq!(Template::new("", "{*rest}").fits("/"), Some(vec![2]));
        assert!(fits("users/me", "/api/users/me") < fits("users/{id}", "/api/users/me"));
    }
}
