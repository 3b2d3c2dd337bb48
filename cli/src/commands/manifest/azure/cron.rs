//! Cron patterns as the host reads them: NCRONTAB, with seconds in front, in UTC.
//!
//! What both sides read alike is taken: numbers, names, lists, ranges and steps of `*` or a range. The host wants the day of the
//! month *and* the day of the week to fit where other crons want one of them; so of the two one must be `*`.

/// What the fields are called, with their least and greatest values.
const FIELDS: [(&str, u8, u8); 6] = [
    ("second", 0, 59),
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day", 1, 31),
    ("month", 1, 12),
    ("day of the week", 0, 6),
];

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// The pattern of the host; what it cannot say, in words.
pub(super) fn ncrontab(pattern: &str) -> Result<String, String> {
    let wrong = |why: String| format!("the cron pattern {pattern:?} cannot be said to the host: {why}");
    let mut fields: Vec<&str> = pattern.split_whitespace().collect();
    if fields.len() == 5 {
        fields.insert(0, "0");
    }
    let &[_, _, _, day, _, weekday] = fields.as_slice() else {
        return Err(wrong("it has not five fields, or six with seconds in front".to_owned()));
    };
    if day != "*" && weekday != "*" {
        return Err(wrong(
            "it names days of the month and of the week: the host wants both to fit, others one of them".to_owned(),
        ));
    }
    let mut said = Vec::with_capacity(fields.len());
    for (field, (name, least, most)) in fields.iter().zip(FIELDS) {
        let items: Option<Vec<String>> = field.split(',').map(|item| of_item(item, name, least, most)).collect();
        said.push(items.ok_or_else(|| wrong(format!("the {name} {field:?}")))?.join(","));
    }
    Ok(said.join(" "))
}

/// `*`, `n`, `n-m`, and `*/s` or `n-m/s`.
fn of_item(item: &str, name: &str, least: u8, most: u8) -> Option<String> {
    let (range, step) = item.split_once('/').map_or((item, None), |(range, step)| (range, Some(step)));
    let step = match step {
        Some(step) => Some(step.parse::<u8>().ok().filter(|step| (1..=most).contains(step))?),
        None => None,
    };
    let range = match range.split_once('-') {
        _ if range == "*" => "*".to_owned(),
        Some((from, to)) => {
            let (from, to) = (value(from, name, least, most)?, value(to, name, least, most)?);
            (from <= to).then(|| format!("{from}-{to}"))?
        }
        None if step.is_none() => value(range, name, least, most)?.to_string(),
        None => return None,
    };
    Some(step.map_or(range.clone(), |step| format!("{range}/{step}")))
}

fn value(text: &str, name: &str, least: u8, most: u8) -> Option<u8> {
    let named = |names: &[&str], first: usize| {
        let at = names.iter().position(|known| known.eq_ignore_ascii_case(text))?;
        u8::try_from(at + first).ok()
    };
    let number = match name {
        "month" => named(&MONTHS, 1),
        "day of the week" => named(&DAYS, 0),
        _ => None,
    };
    let plain = || text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u8>().ok()).flatten();
    number.or_else(plain).filter(|number| (least..=most).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_read_alike_is_said_with_seconds() {
        for (pattern, said) in [
            ("0 3 * * *", "0 0 3 * * *"),
            ("*/5 * * * * *", "*/5 * * * * *"),
            ("0,30 9-17 * * mon-fri", "0 0,30 9-17 * * 1-5"),
            ("15 10-20/2 1 JAN,jul *", "0 15 10-20/2 1 1,7 *"),
            ("00 03 * * *", "0 0 3 * * *"),
        ] {
            assert_eq!(ncrontab(pattern).as_deref(), Ok(said), "{pattern}");
        }
    }

    #[test]
    fn what_the_host_reads_otherwise_is_refused() {
        for bad in [
            "",
            "* * * *",
            "0 0 L * *",
            "0 0 15W * *",
            "0 0 * * 5#2",
            "0 0 * * 7",
            "0 0 ? * *",
            "5/15 * * * *",
            "0 0 13 * 5",
            "0 0 * * fri-mon",
            "@daily",
            "60 * * * *",
            "*/0 * * * *",
            "0 0 0 * *",
            "+5 * * * *",
            "1,,2 * * * *",
        ] {
            assert!(ncrontab(bad).is_err(), "{bad:?}");
        }
    }
}
