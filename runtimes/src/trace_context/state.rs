//! What a `tracestate` must be to be passed on.

/// Most members.
const MAX_MEMBERS: usize = 32;

/// Longest, in bytes: what everybody must be able to pass on.
const MAX_BYTES: usize = 512;

/// The state if it is one that may be passed on, and names something.
pub(super) fn checked(text: &str) -> Option<&str> {
    let text = text.trim_matches([' ', '\t']);
    if text.is_empty() || text.len() > MAX_BYTES {
        return None;
    }
    let members: Vec<&str> = text.split(',').map(|member| member.trim_matches([' ', '\t'])).collect();
    let keys = members.iter().filter(|member| !member.is_empty()).map(|member| {
        let (key, value) = member.split_once('=')?;
        (is_key(key) && is_value(value)).then_some(key)
    });
    let mut keys: Vec<&str> = keys.collect::<Option<_>>()?;
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    (count == keys.len() && (1..=MAX_MEMBERS).contains(&count)).then_some(text)
}

fn is_key(key: &str) -> bool {
    let character = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/' | b'@');
    let begins = key.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    begins && key.len() <= 256 && key.bytes().all(character)
}

fn is_value(value: &str) -> bool {
    let character = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b',' | b'=');
    !value.is_empty() && value.len() <= 256 && value.bytes().all(character)
}

#[cfg(test)]
mod tests {
    use super::checked;

    #[test]
    fn what_vendors_note_is_passed_on_if_it_is_well_formed() {
        for good in ["congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "a=1, b=2", "t@v=x y", "a=1,,b=2"]
        {
            assert_eq!(checked(good), Some(good));
        }
        let (many, long) =
            ((0..33).map(|n| format!("a{n}=1")).collect::<Vec<_>>().join(","), "a=".to_owned() + &"x".repeat(511));
        for bad in ["", " ", ",", "a", "=1", "A=1", "a=", "a=1,a=2", "a=1=2", "a=\u{e9}", "a=1\n", &many, &long] {
            assert_eq!(checked(bad), None, "{bad}");
        }
    }
}
