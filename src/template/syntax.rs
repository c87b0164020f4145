//! Which expansions a text may contain.

/// Which expansions a text may contain. What a syntax does not know is literal text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Syntax {
    /// Everything: `$NAME`, `${...}` and `$<...>`. Arguments have this syntax.
    #[default]
    Argument,
    /// A file with `$<...>` alone.
    Angle,
    /// A file with `${...}` and `$<...>`.
    Braces,
    /// A file with `$NAME` as well.
    All,
}

impl Syntax {
    /// The syntax of a file by its name in options and in the defaults file.
    #[must_use]
    pub fn of_file(name: &str) -> Option<Self> {
        match name {
            "angle" => Some(Self::Angle),
            "braces" => Some(Self::Braces),
            "all" => Some(Self::All),
            _ => None,
        }
    }

    /// Whether `${` starts an expansion.
    pub(super) fn has_braces(self) -> bool {
        self != Self::Angle
    }

    /// Whether `$NAME` is an expansion.
    pub(super) fn has_names(self) -> bool {
        matches!(self, Self::Argument | Self::All)
    }

    /// Whether a name that is unset and has no operator stays as it is written.
    pub(super) fn keeps_unset(self) -> bool {
        matches!(self, Self::Braces | Self::All)
    }
}
