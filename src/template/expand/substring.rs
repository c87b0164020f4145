//! `${NAME:offset:length}`

use std::ops::Range;

/// The range of characters in a value of `count` characters, counted as in bash, or `None` if it ends before it
/// starts.
pub(in crate::template) fn characters(
    count: usize,
    offset: i64,
    length: Option<i64>,
) -> Option<Range<usize>> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let start = if offset < 0 { count.saturating_add(offset) } else { offset };
    if start < 0 || start > count {
        return Some(0..0);
    }
    let end = match length {
        None => count,
        Some(length) if length < 0 => count.saturating_add(length),
        Some(length) => start.saturating_add(length).min(count),
    };
    let index = |number: i64| usize::try_from(number).ok();
    (start <= end).then(|| Some(index(start)?..index(end)?)).flatten()
}

#[cfg(test)]
mod tests {
    use super::characters;

    #[test]
    fn negative_numbers_count_from_the_end() {
        assert_eq!(characters(5, -2, None), Some(3..5));
        assert_eq!(characters(5, 1, Some(-1)), Some(1..4));
    }

    #[test]
    fn an_offset_outside_the_value_gives_nothing() {
        assert_eq!(characters(3, -4, Some(-9)), Some(0..0));
        assert_eq!(characters(3, i64::MAX, None), Some(0..0));
        assert_eq!(characters(3, 3, Some(i64::MAX)), Some(3..3));
    }

    #[test]
    fn an_end_before_the_start_gives_none() {
        assert_eq!(characters(3, 2, Some(-2)), None);
        assert_eq!(characters(0, 0, Some(i64::MIN)), None);
    }
}
