//! What the container is told by its environment.

/// The port without `PORT`.
const DEFAULT_PORT: u16 = 8080;

/// The port to listen on; what is wrong with `PORT`, in words. Port 0 takes a free one.
pub(super) fn port() -> Result<u16, String> {
    port_of(std::env::var("PORT").ok().as_deref())
}

fn port_of(given: Option<&str>) -> Result<u16, String> {
    match given {
        None | Some("") => Ok(DEFAULT_PORT),
        Some(text) => text.parse().map_err(|_| format!("PORT is {text:?}, which is no port")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_what_the_host_says() {
        assert_eq!(port_of(None), Ok(8080));
        assert_eq!(port_of(Some("")), Ok(8080));
        assert_eq!(port_of(Some("9000")), Ok(9000));
        for bad in ["http", "-1", "65536", "80 "] {
            assert!(port_of(Some(bad)).is_err(), "{bad}");
        }
    }
}
