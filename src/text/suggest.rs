//! Suggestions for misspelled names.

/// Longer names are not typos, and comparing them would take long.
const MAX_LENGTH: usize = 64;

/// The known name closest to a misspelled one, if at most a third of the letters differ.
///
/// Names compare without regard to case. A name with control characters is never suggested.
#[must_use]
pub fn closest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    search(name, &mut known.into_iter(), &mut { usize::MAX })
}

/// The hint `; did you mean NAME?`, or an empty string if no known name is close.
#[must_use]
pub fn hint<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    format_hint(closest(name, known))
}

/// Hints for many misspelled names among many known ones, with a bound on the time that all of them take.
///
/// Each hint compares a name with all known ones. Without the bound, thousands of unset variables beside thousands of
/// set ones would take minutes, for messages that nobody reads. Names after the bound get no hint.
#[derive(Clone, Debug)]
pub struct Hints {
    /// The number of letter comparisons left.
    budget: usize,
}

impl Default for Hints {
    fn default() -> Self {
        Self { budget: 1 << 25 }
    }
}

impl Hints {
    /// The same as [`hint`], or an empty string once the bound is reached.
    #[must_use]
    pub fn hint<'k>(&mut self, name: &str, known: impl IntoIterator<Item = &'k str>) -> String {
        format_hint(search(name, &mut known.into_iter(), &mut self.budget))
    }
}

fn format_hint(name: Option<&str>) -> String {
    name.map_or(String::new(), |name| format!("; did you mean {name}?"))
}

/// Takes a trait object, so that the code exists once for all kinds of lists.
fn search<'k>(name: &str, known: &mut dyn Iterator<Item = &'k str>, budget: &mut usize) -> Option<&'k str> {
    let max_distance = name.len() / 3;
    let lowercase = name.to_ascii_lowercase();
    let mut closest = None;
    for candidate in known {
        *budget = budget.checked_sub(1)?;
        let is_comparable = candidate != name
            && candidate.len().max(name.len()) <= MAX_LENGTH
            && candidate.len().abs_diff(name.len()) <= max_distance
            && !candidate.contains(char::is_control);
        if !is_comparable {
            continue;
        }
        *budget = budget.checked_sub(name.len() * candidate.len())?;
        // Optimal string alignment: insertions, deletions, changes, and swaps of neighbours.
        let distance = strsim::osa_distance(&lowercase, &candidate.to_ascii_lowercase());
        let candidate = (distance, candidate);
        if distance <= max_distance && closest.is_none_or(|closest| candidate < closest) {
            closest = Some(candidate);
        }
    }
    closest.map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_is_suggested() {
        let known = ["PORT", "HOST", "DATABASE_URL", "A", "LOG_LEVEL"];
        for (name, suggestion) in [
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
            assert_eq!(closest(name, known), suggestion, "{name}");
        }
    }

    #[test]
    fn names_of_more_than_64_letters_are_not_typos() {
        let known = "A".repeat(65);
        assert_eq!(closest(&known[..64], [known.as_str()]), None);
        assert_eq!(closest(&known[..63], [&known[..64]]), Some(&known[..64]));
    }

    #[test]
    fn a_name_with_control_characters_is_never_suggested() {
        assert_eq!(hint("DATABASE", ["DATA\x1bBASE", "DATABASE\n", "DATA\u{9b}BASE"]), "");
        assert_eq!(hint("DATABASE", ["DATA\x1bBASE", "DATABASES"]), "; did you mean DATABASES?");
    }

    #[test]
    fn hints_for_many_names_stop_at_a_bound() {
        let known: Vec<String> = (0..20_000).map(|number| format!("VARIABLE_{number}_OF_MANY")).collect();
        let mut hints = Hints::default();
        let given =
            known.iter().map(|name| hints.hint(&format!("{name}X"), known.iter().map(String::as_str)));
        let given: Vec<bool> = given.map(|hint| !hint.is_empty()).collect();
        assert!(given[0] && !given[19_999]);
        assert!(hints.hint("VARIABLE_1_OF_MANYX", ["VARIABLE_1_OF_MANY"]).is_empty());
    }
}
