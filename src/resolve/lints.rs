//! Warns about unset variables that were probably meant for an inner shell, for the process, or for nothing.
//!
//! Each warning says what becomes of the reference. There is one for each name in an argument.

use std::collections::BTreeSet;

use crate::cli::CommandArgs;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::plan::SecretDisplay;
use crate::resolve::Resolver;
use crate::template::{Reference, Scope, TaintedBytes, Template, Usage};
use crate::text::shell;

/// The most warnings about one argument: a script may assign thousands of names.
const MAX_WARNINGS: usize = 64;

/// What an argument is for, and so what its unset variables were probably meant for.
#[derive(Clone, Copy)]
pub(super) enum ArgumentKind<'l> {
    /// A value: of an option, or of a `NAME=VALUE` word.
    Value,
    /// PROGRAM or one of its arguments.
    Argument(&'l CommandArgs),
    /// The script of `sh -c`.
    Script(&'l CommandArgs),
}

impl<'l> ArgumentKind<'l> {
    /// The kinds of PROGRAM and its arguments.
    pub(super) fn of_words(command: &'l CommandArgs) -> impl Iterator<Item = Self> {
        let words: Vec<&[u8]> = command.words.iter().map(SourceText::bytes).collect();
        let script = script(&words);
        let kind =
            move |index| if Some(index) == script { Self::Script(command) } else { Self::Argument(command) };
        (0..command.words.len()).map(kind)
    }

    /// Whether a `NAME=VALUE` word of the process sets the variable.
    fn sets(self, name: &str) -> bool {
        match self {
            Self::Value => false,
            Self::Argument(command) | Self::Script(command) => {
                command.assignments.iter().any(|(assigned, _)| assigned == name)
            }
        }
    }
}

/// The index of SCRIPT in `sh -c SCRIPT`, wherever the shell is in the line, as in `env A=1 sh -ec SCRIPT`.
fn script(words: &[&[u8]]) -> Option<usize> {
    (0..words.len()).filter(|&index| is_shell(words[index])).find_map(|index| script_of(words, index + 1))
}

/// SCRIPT in the command of a check, as in `exec:sh -c SCRIPT`.
fn script_of_check(check: &[u8]) -> Option<Vec<u8>> {
    let mut words = shell::split(check.strip_prefix(b"exec:")?).ok()?;
    let script = script(&words.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
    Some(words.swap_remove(script))
}

fn is_shell(word: &[u8]) -> bool {
    let name = word.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    matches!(name, b"sh" | b"bash" | b"dash" | b"ash" | b"ksh" | b"zsh")
}

/// The first operand behind the options of a shell, if `-c` is among them.
fn script_of(words: &[&[u8]], first_option: usize) -> Option<usize> {
    let mut has_script = false;
    let mut index = first_option;
    loop {
        match *words.get(index)? {
            b"--" | b"-" => {
                index += 1;
                break;
            }
            b"--rcfile" | b"--init-file" => index += 1,
            [b'-', b'-', ..] => {}
            [b'-' | b'+', options @ ..] if !options.is_empty() => {
                has_script |= options.contains(&b'c');
                // `-o pipefail`, `-euo pipefail`
                index += usize::from(options.iter().any(|option| b"oO".contains(option)));
            }
            _ => break,
        }
        index += 1;
    }
    (has_script && index < words.len()).then_some(index)
}

impl Resolver<'_> {
    /// Warns about references to unset variables, before they are expanded.
    pub(super) fn lint_unset(
        &mut self,
        source: &SourceText,
        template: &Template<'_>,
        kind: ArgumentKind<'_>,
    ) {
        let mut warned = BTreeSet::new();
        for reference in template.references_in_password_hashes() {
            if self.is_unset(reference.name) && warned.insert(reference.name) {
                self.warn(source, &reference, &hash_message(source, &reference));
                // The others are part of the same hash, or of the next one beside it.
                break;
            }
        }
        let check_script = match kind {
            ArgumentKind::Value => script_of_check(source.bytes()),
            ArgumentKind::Argument(_) | ArgumentKind::Script(_) => None,
        };
        let assigned = match kind {
            ArgumentKind::Script(_) => shell::assigned_names(source.bytes()),
            ArgumentKind::Value => match &check_script {
                Some(script) => shell::assigned_names(script),
                None => return,
            },
            ArgumentKind::Argument(command) if command.assignments.is_empty() => return,
            ArgumentKind::Argument(_) => BTreeSet::new(),
        };
        for reference in template.references() {
            let name = reference.name;
            if matches!(reference.usage, Usage::Assign(_)) {
                // From here on it is set.
                warned.insert(name);
                continue;
            }
            let is_assigned = assigned.contains(name) && has_no_word(&reference);
            if warned.len() >= MAX_WARNINGS
                || !(is_assigned || kind.sets(name))
                || !self.is_unset(name)
                || !warned.insert(name)
            {
                continue;
            }
            let message = match kind {
                ArgumentKind::Script(_) | ArgumentKind::Value if is_assigned => {
                    script_message(source, &reference)
                }
                ArgumentKind::Script(_) => script_environment_message(source, &reference),
                ArgumentKind::Argument(_) | ArgumentKind::Value => environment_message(source, &reference),
            };
            self.warn(source, &reference, &message);
        }
    }

    /// Warns about a secret in the arguments that a written one expands to, once for each variable. Only views that mask
    /// secrets do: the reader of `docker logs` cannot change the line.
    pub(super) fn lint_secrets(
        &mut self,
        source: &SourceText,
        kind: ArgumentKind<'_>,
        arguments: &[TaintedBytes],
    ) {
        let global = &self.line.global;
        let is_silent = global.view.is_none()
            || global.secrets == SecretDisplay::Show
            // There every value that is no default is masked.
            || self.variables.shows_defaults_only();
        if is_silent || !arguments.iter().any(TaintedBytes::has_secret) {
            return;
        }
        let template = Template::parse(source.bytes());
        let reference = template.references().find(|reference| self.variables.holds_secret(reference.name));
        let (name, span) = reference
            .map_or(("NAME", 0..source.bytes().len()), |reference| (reference.name, reference.span.clone()));
        if !self.secrets_in_arguments.insert(name.to_owned()) {
            return;
        }
        let remedy = match kind {
            ArgumentKind::Script(_) => {
                let written = String::from_utf8_lossy(&source.bytes()[span.clone()]);
                format!("write `${written}` for the shell, and give it {name} by --secret {name}")
            }
            ArgumentKind::Argument(_) | ArgumentKind::Value => {
                format!("use `{name}=...` in front of the program, --secret {name}, or a file")
            }
        };
        let message = format!("a secret gets into an argument, which `ps` and `docker top` show; {remedy}");
        self.warnings.push(Diagnostic::at(source, span, message));
    }

    fn is_unset(&self, name: &str) -> bool {
        self.variables.get(name).is_none()
    }

    fn warn(&mut self, source: &SourceText, reference: &Reference<'_>, message: &str) {
        self.warnings.push(Diagnostic::at(source, reference.span.clone(), message));
    }
}

/// Whether an unset variable makes the expansion empty, or for its length 0.
fn has_no_word(reference: &Reference<'_>) -> bool {
    matches!(reference.usage, Usage::Plain | Usage::Length | Usage::Transform)
}

/// What becomes of a reference to an unset variable.
fn outcome(source: &SourceText, reference: &Reference<'_>) -> String {
    let (name, written) = (reference.name, written(source, reference));
    match reference.usage {
        Usage::Length => format!("{name} is not set, so `{written}` becomes 0"),
        Usage::Plain | Usage::Transform => format!("{name} is not set, so `{written}` becomes nothing"),
        Usage::Default(_) | Usage::Assign(_) | Usage::Alternative(_) | Usage::Required(_) => {
            format!("{name} is not set for `{written}`")
        }
    }
}

fn written(source: &SourceText, reference: &Reference<'_>) -> String {
    const MAX_SHOWN: usize = 60;
    let text = String::from_utf8_lossy(&source.bytes()[reference.span.clone()]);
    let printable = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
    if text.chars().count() <= MAX_SHOWN {
        printable.collect()
    } else {
        printable.take(MAX_SHOWN).chain(['…']).collect()
    }
}

fn script_message(source: &SourceText, reference: &Reference<'_>) -> String {
    let (outcome, written) = (outcome(source, reference), written(source, reference));
    format!("{outcome}, but this script assigns {} itself: write `${written}` for the shell", reference.name)
}

fn script_environment_message(source: &SourceText, reference: &Reference<'_>) -> String {
    let (outcome, written, name) = (outcome(source, reference), written(source, reference), reference.name);
    format!(
        "{outcome}; `{name}=...` in front of the program is for the process: write `${written}` for the shell"
    )
}

fn environment_message(source: &SourceText, reference: &Reference<'_>) -> String {
    let (outcome, name) = (outcome(source, reference), reference.name);
    format!(
        "{outcome}; `{name}=...` in front of the program is for the process, not for its arguments: use --set {name}=..."
    )
}

fn hash_message(source: &SourceText, reference: &Reference<'_>) -> String {
    format!("{}, but this looks like a password hash: write it as `${{'...'}}`", outcome(source, reference))
}
