//! Finds the variables that a shell script assigns.

use std::collections::BTreeSet;

/// The names that a script assigns by `name=`, `read name`, `for name` and the like.
///
/// It reads the script as a shell splits it into commands, but does not check it: whatever is no assignment is skipped.
#[must_use]
pub fn assigned_names(script: &[u8]) -> BTreeSet<&str> {
    let mut scanner = Scanner {
        script,
        at: 0,
        context: Context::command(None),
        enclosing: Vec::new(),
        names: BTreeSet::new(),
    };
    scanner.scan();
    scanner.names
}

/// What the next word of a command is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// An assignment, a keyword or the name of the command.
    Command,
    Argument,
    /// An argument of `export` and the like, which may be an assignment.
    Declaration,
    /// An option or a variable of `read`.
    ReadVariable,
    /// The variable of a loop.
    LoopVariable,
    /// The option string of `getopts`, in front of its variable.
    OptionString,
}

/// A list of commands: the script, a subshell or a command substitution.
struct Context {
    closer: Option<u8>,
    expected: Expected,
    /// The start of the current word, or `None` between words.
    word: Option<usize>,
    is_quoted: bool,
    /// Whether the next word is the file of a redirection.
    is_redirection: bool,
}

impl Context {
    fn command(closer: Option<u8>) -> Self {
        Self { closer, expected: Expected::Command, word: None, is_quoted: false, is_redirection: false }
    }
}

struct Scanner<'s> {
    script: &'s [u8],
    at: usize,
    context: Context,
    enclosing: Vec<Context>,
    names: BTreeSet<&'s str>,
}

impl Scanner<'_> {
    fn scan(&mut self) {
        while let Some(&byte) = self.script.get(self.at) {
            match byte {
                // It joins two lines.
                b'\\' if self.script.get(self.at + 1) == Some(&b'\n') && self.context.word.is_none() => {
                    self.at += 2;
                }
                b'\\' => self.word_bytes(2),
                b'$' => self.dollar(),
                b'`' if self.context.closer == Some(b'`') => self.leave(),
                b'`' => self.enter(1, b'`'),
                b'"' => {
                    self.word_bytes(1);
                    self.context.is_quoted = !self.context.is_quoted;
                }
                _ if self.context.is_quoted => self.at += 1,
                b'\'' => {
                    let text = self.script.get(self.at + 1..).unwrap_or_default();
                    let length = text.iter().position(|&byte| byte == b'\'').unwrap_or(text.len());
                    self.word_bytes(length + 2);
                }
                b'#' if self.context.word.is_none() => {
                    while self.script.get(self.at).is_some_and(|&byte| byte != b'\n') {
                        self.at += 1;
                    }
                }
                b' ' | b'\t' | b'\r' => self.end_word(1),
                b'(' => {
                    self.end_command();
                    self.enclosing.push(std::mem::replace(&mut self.context, Context::command(Some(b')'))));
                }
                b')' if self.context.closer == Some(b')') => self.leave(),
                // A `)` alone ends a pattern of `case`.
                b'\n' | b';' | b'&' | b'|' | b')' => self.end_command(),
                b'<' | b'>' => {
                    let operator =
                        self.script[self.at..].iter().take_while(|byte| b"<>&|".contains(byte)).count();
                    self.end_word(operator);
                    self.context.is_redirection = true;
                }
                _ => self.word_bytes(1),
            }
        }
        while !self.enclosing.is_empty() {
            self.leave();
        }
        self.end_word(0);
    }

    /// Makes the next bytes part of the current word.
    fn word_bytes(&mut self, count: usize) {
        self.context.word.get_or_insert(self.at);
        self.at += count;
    }

    /// Skips a parameter expansion, or enters a command substitution.
    fn dollar(&mut self) {
        match self.script.get(self.at + 1) {
            Some(b'(') => self.enter(2, b')'),
            Some(open @ (b'{' | b'<')) => {
                let close = if *open == b'{' { b'}' } else { b'>' };
                let text = &self.script[self.at + 2..];
                let length =
                    text.iter().position(|&byte| byte == close || byte == b'\n').unwrap_or(text.len());
                self.word_bytes(2 + length);
            }
            _ => self.word_bytes(1),
        }
    }

    /// Enters a command substitution, which is part of the current word.
    fn enter(&mut self, length: usize, closer: u8) {
        self.word_bytes(length);
        self.enclosing.push(std::mem::replace(&mut self.context, Context::command(Some(closer))));
    }

    fn leave(&mut self) {
        self.end_word(1);
        if let Some(enclosing) = self.enclosing.pop() {
            self.context = enclosing;
        }
    }

    fn end_command(&mut self) {
        self.end_word(1);
        self.context.expected = Expected::Command;
        self.context.is_redirection = false;
    }

    /// Ends the current word, if any, and skips the separator.
    fn end_word(&mut self, separator: usize) {
        let end = self.at.min(self.script.len());
        self.at += separator;
        let Some(start) = self.context.word.take() else { return };
        if !std::mem::take(&mut self.context.is_redirection) {
            self.context.expected = self.word(start..end);
        }
    }

    /// Records the name that a word assigns, and returns what the next word is.
    fn word(&mut self, span: std::ops::Range<usize>) -> Expected {
        let word = &self.script[span];
        let length = word.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let (name, rest) = word.split_at(length);
        let name =
            std::str::from_utf8(name).ok().filter(|name| !name.starts_with(|c: char| c.is_ascii_digit()));
        let name = name.filter(|name| !name.is_empty());
        let is_assignment = rest.starts_with(b"=") || rest.starts_with(b"+=") || rest.starts_with(b"[");
        let expected = self.context.expected;
        let assigns = match expected {
            Expected::Command | Expected::Declaration => is_assignment,
            Expected::ReadVariable | Expected::LoopVariable => rest.is_empty(),
            Expected::Argument | Expected::OptionString => false,
        };
        if assigns {
            self.names.extend(name);
        }
        match expected {
            Expected::Command if is_assignment && name.is_some() => Expected::Command,
            Expected::Command => after_command(word),
            Expected::OptionString => Expected::LoopVariable,
            Expected::LoopVariable | Expected::Argument => Expected::Argument,
            Expected::Declaration | Expected::ReadVariable => expected,
        }
    }
}

/// What the word after a keyword or the name of a command is.
fn after_command(word: &[u8]) -> Expected {
    match word {
        b"if" | b"then" | b"elif" | b"else" | b"fi" | b"while" | b"until" | b"do" | b"done" | b"esac"
        | b"!" | b"{" | b"}" | b"time" | b"command" | b"builtin" => Expected::Command,
        b"export" | b"readonly" | b"local" | b"declare" | b"typeset" => Expected::Declaration,
        b"read" | b"mapfile" | b"readarray" => Expected::ReadVariable,
        b"for" | b"select" => Expected::LoopVariable,
        b"getopts" => Expected::OptionString,
        _ => Expected::Argument,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(script: &str) -> Vec<&str> {
        assigned_names(script.as_bytes()).into_iter().collect()
    }

    #[test]
    fn assignments_loops_and_read_assign_names() {
        for (script, expected) in [
            ("for f in a b; do echo \"$f\"; done", &["f"][..]),
            ("dir=/tmp; rm -rf \"$dir\"/*", &["dir"]),
            ("while IFS= read -r line rest; do echo $line; done", &["IFS", "line", "rest"]),
            ("cat f | while read x\ndo y=$x\ndone", &["x", "y"]),
            ("a=1 b=2 cmd c=3 && d=4 || { e=5; } & f+=6", &["a", "b", "d", "e", "f"]),
            ("if x=$(y=1; echo \"$(z=2)\"); then export w=`v=1`; fi", &["v", "w", "x", "y", "z"]),
            ("(a=1); case $b in x) c=1;; *) d=2 ;; esac", &["a", "c", "d"]),
            ("echo \"a=1 $(b=2)\" 'c=3; d=4' # e=5\nf=6", &["b", "f"]),
            ("while getopts ab: opt; do :; done", &["opt"]),
            ("local a=1 b; declare -r c=2; readonly d", &["a", "c"]),
            ("f() { g=1; }; a[1]=2", &["a", "g"]),
            ("x=${A:-y; z=1}; w=$<B:-v; u=1>", &["w", "x"]),
            ("cmd > a=1 2>&1 < b=2; c=3 > out d=4", &["c", "d"]),
            ("echo a\\ b=1; \\\nc=1; for 1 in x; read 2x", &["c"]),
            ("echo for f in read x a=1", &[]),
            ("make CC=gcc && echo $CC", &[]),
        ] {
            assert_eq!(names(script), expected, "{script}");
        }
    }

    #[test]
    fn an_unfinished_script_is_read_to_its_end() {
        for script in
            ["a=1 '", "a=1 \"", "a=1 $(", "a=1 `", "a=1 ${", "a=1 $", "a=1 \\", "a=1 >", "a=1 (", "a=1 ))"]
        {
            assert_eq!(names(script), ["a"], "{script}");
            assert!(assigned_names(script.repeat(10_000).as_bytes()).contains("a"));
        }
    }
}
