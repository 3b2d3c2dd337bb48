//! What the host tells a process that it starts.

use std::num::NonZeroU16;

/// The variable that names the port to listen on, and by which the host is recognised.
pub(super) const PORT: &str = "FUNCTIONS_CUSTOMHANDLER_PORT";

/// The process was not started by Azure Functions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this process was not started by Azure Functions: {PORT} {problem}; to run it elsewhere set ANYPORT_RUNTIME=server, or start \
     it by `func start`"
)]
pub struct IncompleteEnvironment {
    /// What is wrong with the variable.
    pub problem: String,
}

/// The port of loopback to listen on.
pub(super) fn port() -> Result<u16, IncompleteEnvironment> {
    let given = std::env::var_os(PORT).map(|port| port.to_string_lossy().into_owned());
    port_of(given.as_deref())
}

fn port_of(given: Option<&str>) -> Result<u16, IncompleteEnvironment> {
    let problem = match given {
        None | Some("") => "is not set".to_owned(),
        Some(text) => match text.parse::<NonZeroU16>() {
            Ok(port) => return Ok(port.get()),
            Err(_) => format!("is {text:?}, which is no port"),
        },
    };
    Err(IncompleteEnvironment { problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_a_number_that_can_be_listened_on() {
        assert_eq!(port_of(Some("7071")), Ok(7071));
        for bad in [None, Some(""), Some("0"), Some("65536"), Some("-1"), Some("http"), Some("127.0.0.1:1")] {
            let told = port_of(bad).unwrap_err().to_string();
            assert!(told.contains("FUNCTIONS_CUSTOMHANDLER_PORT"), "{told}");
        }
    }
}
