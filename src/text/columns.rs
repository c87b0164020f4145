//! Columns of names.

/// The widest column of names, in characters. A longer name makes its own line longer, and no others.
const MAX_WIDTH: usize = 64;

/// The width of a column for these names, in characters. Formatting with a width panics above 65,535.
pub(crate) fn width<'a>(names: impl IntoIterator<Item = &'a str>) -> usize {
    names.into_iter().map(|name| name.chars().count()).max().unwrap_or(0).min(MAX_WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_as_wide_as_the_longest_name_up_to_a_limit() {
        let long = "n".repeat(70_000);
        assert_eq!(width([]), 0);
        assert_eq!(width(["a", "\u{20AC}\u{20AC}"]), 2);
        assert_eq!(width([long.as_str(), "a"]), MAX_WIDTH);
    }
}
