//! Where requests go.

use anyport_ports::{Error, Result};
use reqwest::Url;

/// Reads an absolute URL.
pub(crate) fn absolute(text: &str) -> Result<Url> {
    let wrong = |what: &str| Error::invalid(format!("the URL {what}"));
    let url = Url::parse(text).map_err(|error| wrong("cannot be read: see the cause").caused_by(error))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("holds credentials: send them in a header"));
    }
    Ok(url)
}

/// Reads what the paths of a service are appended to.
pub(crate) fn base(text: &str) -> Result<Url> {
    let url = absolute(text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Error::invalid("the URL has a query or a fragment: paths are appended to it"));
    }
    Ok(url)
}

/// The URL of a path of a service, which never leaves the service's base.
pub(crate) fn below(base: &Url, path: &str) -> Result<Url> {
    if !path.starts_with('/') {
        return Err(Error::invalid("the path does not begin with a slash"));
    }
    let root = base.as_str().trim_end_matches('/');
    let url = absolute(&format!("{root}{path}"))?;
    let folder = base.path().trim_end_matches('/');
    let stays =
        url.origin() == base.origin() && url.path().strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    if stays { Ok(url) } else { Err(Error::invalid("the path leads out of the service's base URL")) }
}
