//! Which known name was probably meant.

/// The known name that is nearest to what was written, if one is near enough to be meant: a third of its letters
/// may differ.
#[must_use]
pub fn suggest<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    nearest(written, &mut known.into_iter())
}

/// One piece of code for all kinds of lists.
fn nearest<'k>(written: &str, known: &mut dyn Iterator<Item = &'k str>) -> Option<&'k str> {
    // What is this long is no slip of the pen, and would take long to compare.
    const LONGEST: usize = 64;
    let most = written.len() / 3;
    let comparable = |name: &&str| {
        *name != written
            && name.len().max(written.len()) <= LONGEST
            && name.len().abs_diff(written.len()) <= most
    };
    let measured = known.filter(comparable).map(|name| (distance(written, name), name));
    measured.filter(|(distance, _)| *distance <= most).min().map(|(_, name)| name)
}

/// How many letters have to be put in, taken out, changed, or swapped with their neighbour (optimal string
/// alignment). Case counts for nothing.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.to_ascii_lowercase().into_bytes(), b.to_ascii_lowercase().into_bytes());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[a.len()][b.len()]
}

/// `; did you mean NAME?`, or nothing.
#[must_use]
pub fn suggestion<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    suggest(written, known).map_or(String::new(), |name| format!("; did you mean {name}?"))
}

#[cfg(test)]
mod tests {
    use super::suggest;

    #[test]
    fn what_was_probably_meant_is_found() {
        let known = ["PORT", "HOST", "DATABASE_URL", "A", "LOG_LEVEL"];
        for (written, meant) in [
            ("PROT", Some("PORT")),
            ("port", Some("PORT")),
            ("PORTS", Some("PORT")),
            ("DATABSE_URL", Some("DATABASE_URL")),
            ("DATABASE_URI", Some("DATABASE_URL")),
            ("LOGLEVEL", Some("LOG_LEVEL")),
            ("B", None),
            ("X", None),
            ("QUEUE", None),
            ("PORT", None),
        ] {
            assert_eq!(suggest(written, known), meant, "{written}");
        }
    }
}
