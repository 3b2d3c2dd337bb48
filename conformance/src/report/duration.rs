//! Times for people.

/// A time with its unit, at three significant digits or so.
pub(super) fn human(seconds: f64) -> String {
    match seconds {
        s if s >= 60.0 => format!("{:.0} min {:02.0} s", (s / 60.0).floor(), (s % 60.0).floor()),
        s if s >= 10.0 => format!("{s:.1} s"),
        s if s >= 1.0 => format!("{s:.2} s"),
        s if s >= 0.01 => format!("{:.0} ms", s * 1e3),
        s if s >= 0.000_1 => format!("{:.1} ms", s * 1e3),
        s => format!("{:.0} µs", s.max(0.0) * 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::human;

    #[test]
    fn units_follow_the_size() {
        let shown: Vec<String> =
            [0.0, 0.000_04, 0.000_4, 0.0123, 0.999, 1.5, 12.34, 59.94, 61.9, 3600.0].map(human).into();
        let expected =
            ["0 µs", "40 µs", "0.4 ms", "12 ms", "999 ms", "1.50 s", "12.3 s", "59.9 s", "1 min 01 s", "60 min 00 s"];
        assert_eq!(shown, expected);
    }
}
