//! The variables that the runtime reads, and without which it would panic.

/// Variables of AWS Lambda that are missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this process was not started by AWS Lambda: {}; to run it elsewhere set ANYPORT_RUNTIME=server, or start it in \
     `cargo lambda watch` or the Runtime Interface Emulator",
    problems.join(", ")
)]
pub struct IncompleteEnvironment {
    /// Each thing that is wrong, in words.
    pub problems: Vec<String>,
}

/// Finds all that is wrong with this process's environment.
pub(super) fn check() -> Result<(), IncompleteEnvironment> {
    check_in(|name| std::env::var(name).ok())
}

fn check_in(variable: impl Fn(&str) -> Option<String>) -> Result<(), IncompleteEnvironment> {
    let mut problems = Vec::new();
    for name in ["AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION"] {
        if variable(name).is_none_or(|value| value.is_empty()) {
            problems.push(format!("{name} is not set"));
        }
    }
    match variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE") {
        None => problems.push("AWS_LAMBDA_FUNCTION_MEMORY_SIZE is not set".to_owned()),
        Some(text) if text.parse::<i32>().is_err() => {
            problems.push(format!("AWS_LAMBDA_FUNCTION_MEMORY_SIZE is {text:?}, which is no number of MB"));
        }
        Some(_) => {}
    }
    if problems.is_empty() { Ok(()) } else { Err(IncompleteEnvironment { problems }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_missing_is_told_at_once() {
        let told = check_in(|_| None).unwrap_err();
        assert_eq!(told.problems.len(), 4, "{told}");
        let some = |name: &str| (name != "AWS_LAMBDA_FUNCTION_NAME").then(|| "128".to_owned());
        assert_eq!(check_in(some).unwrap_err().problems, ["AWS_LAMBDA_FUNCTION_NAME is not set"]);
        let large = |name: &str| Some(if name.ends_with("SIZE") { "128MB" } else { "x" }.to_owned());
        assert!(check_in(large).unwrap_err().to_string().contains("\"128MB\""));
        assert_eq!(check_in(|_| Some("128".to_owned())), Ok(()));
    }
}
