//! The variables of the environment that lead a client to a service.

use std::path::Path;

/// A variable that leads a client to a service, and how it says where that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    form: Form,
}

/// How an address is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// As a URL of this scheme and path.
    Url { scheme: &'static str, path: &'static str },
    /// As host and port.
    HostAndPort,
    /// By a file of this name that the server writes into its folder.
    File(&'static str),
}

impl Variable {
    /// A variable that holds a URL of this scheme, without a path.
    pub(crate) const fn url(name: &'static str, scheme: &'static str) -> Self {
        Self { name, form: Form::Url { scheme, path: "" } }
    }

    /// A variable that holds a URL of plain http with this path.
    pub(crate) const fn http_path(name: &'static str, path: &'static str) -> Self {
        Self { name, form: Form::Url { scheme: "http", path } }
    }

    /// A variable that holds host and port.
    pub(crate) const fn host_and_port(name: &'static str) -> Self {
        Self { name, form: Form::HostAndPort }
    }

    /// A variable that holds the path of a file which the server writes.
    pub(crate) const fn file(name: &'static str, file: &'static str) -> Self {
        Self { name, form: Form::File(file) }
    }

    /// What it holds for a server on this port of the loopback address with this folder.
    pub(crate) fn value(&self, port: u16, folder: &Path) -> String {
        match self.form {
            Form::Url { scheme, path } => format!("{scheme}://127.0.0.1:{port}{path}"),
            Form::HostAndPort => format!("127.0.0.1:{port}"),
            Form::File(name) => folder.join(name).display().to_string(),
        }
    }

    /// Whether it says where the server is.
    pub(crate) fn is_address(&self) -> bool {
        !matches!(self.form, Form::File(_))
    }

    /// The file that the server must have written before it is ready, below its folder.
    pub(crate) fn file_name(&self) -> Option<&'static str> {
        match self.form {
            Form::File(name) => Some(name),
            Form::Url { .. } | Form::HostAndPort => None,
        }
    }

    /// Whether what one of them holds can be given to the other as it is.
    pub(crate) fn is_said_like(&self, other: &Self) -> bool {
        self.form == other.form
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_said_as_the_client_reads_it() {
        let folder = Path::new("/run/one");
        let value = |variable: Variable| variable.value(7, folder);
        assert_eq!(value(Variable::url("A", "redis")), "redis://127.0.0.1:7");
        assert_eq!(value(Variable::http_path("A", "/account")), "http://127.0.0.1:7/account");
        assert_eq!(value(Variable::host_and_port("A")), "127.0.0.1:7");
        assert_eq!(value(Variable::file("A", "ca.pem")), "/run/one/ca.pem");
    }
}
