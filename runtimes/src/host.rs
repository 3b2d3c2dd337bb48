//! Which host this process runs on.

use std::ffi::OsString;

/// The variable that names the host, whatever is found otherwise: `server`, `aws-lambda`, `azure-functions` or `cloud-run`.
pub const RUNTIME_VARIABLE: &str = "ANYPORT_RUNTIME";

/// A host that calls functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Host {
    /// The plain server.
    Server,
    /// AWS Lambda.
    AwsLambda,
    /// Azure Functions, as a custom handler.
    AzureFunctions,
    /// Cloud Run.
    CloudRun,
}

/// Why it is not known who is to call the functions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The variable names no host.
    #[error(
        "{RUNTIME_VARIABLE} is {given:?}: it must be \"server\", \"aws-lambda\", \"azure-functions\" or \"cloud-run\""
    )]
    Unknown {
        /// What it is.
        given: String,
    },
    /// The host is not compiled in.
    #[error("this binary cannot run on {host} ({why}): build it with the feature `{host}`")]
    NotCompiledIn {
        /// The host.
        host: &'static str,
        /// How it was told.
        why: &'static str,
    },
}

impl Host {
    /// Its name: that of its feature.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::AwsLambda => "aws-lambda",
            Self::AzureFunctions => "azure-functions",
            Self::CloudRun => "cloud-run",
        }
    }

    fn is_compiled_in(self) -> bool {
        match self {
            Self::Server => cfg!(feature = "server"),
            Self::AwsLambda => cfg!(feature = "aws-lambda"),
            Self::AzureFunctions => cfg!(feature = "azure-functions"),
            Self::CloudRun => cfg!(feature = "cloud-run"),
        }
    }
}

/// The host that [`RUNTIME_VARIABLE`] names; else AWS Lambda where `AWS_LAMBDA_RUNTIME_API` is set, Azure Functions where
/// `FUNCTIONS_CUSTOMHANDLER_PORT` is, Cloud Run where `K_SERVICE` is; else the server.
pub fn detect() -> Result<Host, HostError> {
    detect_in(|name| std::env::var_os(name))
}

fn detect_in(variable: impl Fn(&str) -> Option<OsString>) -> Result<Host, HostError> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let (host, why) = match set(RUNTIME_VARIABLE) {
        Some(given) => match given.to_str() {
            Some("server") => (Host::Server, "ANYPORT_RUNTIME names it"),
            Some("aws-lambda") => (Host::AwsLambda, "ANYPORT_RUNTIME names it"),
            Some("azure-functions") => (Host::AzureFunctions, "ANYPORT_RUNTIME names it"),
            Some("cloud-run") => (Host::CloudRun, "ANYPORT_RUNTIME names it"),
            _ => return Err(HostError::Unknown { given: given.to_string_lossy().into_owned() }),
        },
        None if set("AWS_LAMBDA_RUNTIME_API").is_some() => (Host::AwsLambda, "AWS_LAMBDA_RUNTIME_API is set"),
        None if set("FUNCTIONS_CUSTOMHANDLER_PORT").is_some() => {
            (Host::AzureFunctions, "FUNCTIONS_CUSTOMHANDLER_PORT is set")
        }
        None if set("K_SERVICE").is_some() => (Host::CloudRun, "K_SERVICE is set"),
        None => (Host::Server, "nothing tells of another host"),
    };
    if host.is_compiled_in() {
        return Ok(host);
    }
    Err(HostError::NotCompiledIn { host: host.as_str(), why })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(variables: &[(&str, &str)]) -> Result<Host, HostError> {
        let found = |name: &str| variables.iter().find(|(own, _)| *own == name).map(|(_, value)| OsString::from(value));
        detect_in(found)
    }

    /// The host itself, or that it is missing from this build.
    fn found(host: Host, told: Result<Host, HostError>) {
        match told {
            Ok(told) => assert!(told == host && host.is_compiled_in()),
            Err(HostError::NotCompiledIn { host: name, .. }) => {
                assert!(name == host.as_str() && !host.is_compiled_in());
            }
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn the_environment_tells_the_host_and_the_variable_overrides_it() {
        let api = ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001");
        found(Host::Server, detect(&[]));
        found(Host::Server, detect(&[("AWS_LAMBDA_RUNTIME_API", "")]));
        found(Host::AwsLambda, detect(&[api]));
        found(Host::Server, detect(&[api, (RUNTIME_VARIABLE, "server")]));
        found(Host::AwsLambda, detect(&[(RUNTIME_VARIABLE, "aws-lambda")]));
        let port = ("FUNCTIONS_CUSTOMHANDLER_PORT", "7071");
        found(Host::AzureFunctions, detect(&[port]));
        found(Host::AzureFunctions, detect(&[(RUNTIME_VARIABLE, "azure-functions")]));
        found(Host::Server, detect(&[port, (RUNTIME_VARIABLE, "server")]));
        found(Host::CloudRun, detect(&[("K_SERVICE", "storefront")]));
        found(Host::Server, detect(&[("K_SERVICE", "storefront"), (RUNTIME_VARIABLE, "server")]));
        found(Host::CloudRun, detect(&[(RUNTIME_VARIABLE, "cloud-run")]));
        let told = detect(&[(RUNTIME_VARIABLE, "lambda")]).unwrap_err().to_string();
        assert!(told.contains("\"lambda\"") && told.contains("aws-lambda"), "{told}");
    }
}
