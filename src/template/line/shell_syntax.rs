//! Words that mean something to a shell and nothing here.

/// Syntax that only a shell has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShellSyntax {
    /// `;`
    Sequence,
    /// `&`
    Background,
    /// `|`
    Pipe,
    /// `||`
    Or,
    /// `>`, `2>&1` and the like.
    Redirection,
    /// `(` and `)`
    Group,
    /// `$(` and a backtick.
    Substitution,
}

impl ShellSyntax {
    /// What an unquoted word is for a shell.
    pub(super) fn of_word(word: &[u8]) -> Option<Self> {
        match word {
            b";" | b";;" | b";&" | b";;&" => Some(Self::Sequence),
            b"&" => Some(Self::Background),
            b"|" | b"|&" => Some(Self::Pipe),
            b"||" => Some(Self::Or),
            b"(" | b")" | b"((" | b"))" => Some(Self::Group),
            _ if is_redirection(word) => Some(Self::Redirection),
            _ => None,
        }
    }

    pub(super) fn is_substitution(self) -> bool {
        self == Self::Substitution
    }

    /// What there is instead.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::Sequence => "`&&` ends a setup command, and `|||` separates processes",
            Self::Background => "`|||` separates processes, which run side by side",
            Self::Pipe => "there are no pipes, and `|||` separates processes",
            Self::Or => "there is no `||`, and `|||` separates processes",
            Self::Redirection => "there are no redirections",
            Self::Group => "there are no groups",
            Self::Substitution => "no command is substituted",
        }
    }
}

/// `>`, `2>>log`, `2>&1`, `&>log`, `<in`, `<<EOF` and their like. `>=1` and `<name>` are ordinary words.
fn is_redirection(word: &[u8]) -> bool {
    let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = &word[digits..];
    let rest = rest.strip_prefix(b"&").filter(|rest| digits == 0 && rest.starts_with(b">")).unwrap_or(rest);
    let Some((&first, target)) = rest.split_first() else { return false };
    match first {
        b'>' => !target.starts_with(b"="),
        b'<' => !target.starts_with(b"=") && (target == b">" || !target.ends_with(b">")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirections_are_found_at_the_start_of_a_word() {
        for word in [
            ">",
            "<",
            ">>",
            "2>",
            "2>&1",
            ">&2",
            "&>",
            "&>>log",
            ">file",
            "2>/dev/null",
            "</dev/null",
            "<<EOF",
            "<>",
            "<>f",
        ] {
            assert_eq!(ShellSyntax::of_word(word.as_bytes()), Some(ShellSyntax::Redirection), "{word}");
        }
        for word in ["", "2", "a>b", "foo>=1", ">=1", "<=2", "<name>", "->", "=>", "2&>1", "&", "a&b"] {
            assert_ne!(ShellSyntax::of_word(word.as_bytes()), Some(ShellSyntax::Redirection), "{word}");
        }
    }
}
