//! What the expansion of a file found, by line and column.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, MOST_PER_SOURCE, Origin, Problems, SourceText};
use crate::resolve::Resolver;
use crate::template::{ExpansionError, ExpansionErrorKind, FileExpansion, Lint, LintKind, Severity};

/// Something to report about a part of a file.
enum Finding<'e> {
    Error(&'e ExpansionError),
    Lint(&'e Lint),
    /// A name that is not set, where the first of its expansions stays as it is written.
    Kept(&'e str),
}

impl Resolver<'_> {
    /// Reports the problems and the warnings of a file in its order: one walk over its lines finds the places of all.
    pub(super) fn report_findings(&mut self, name: &str, text: &[u8], expansion: &FileExpansion) {
        let errors = expansion.errors.iter().map(|error| (&error.span, Finding::Error(error)));
        let lints = expansion.lints.iter().map(|lint| (&lint.span, Finding::Lint(lint)));
        let kept = expansion.kept.iter().map(|(name, span)| (span, Finding::Kept(name)));
        let mut findings: Vec<_> = errors.chain(lints).chain(kept).collect();
        findings.sort_by_key(|(span, _)| span.start);
        let mut places = Lines::new(name, text);
        let (mut problems, mut warnings) = (Counted::default(), Counted::default());
        for (span, finding) in findings {
            match finding {
                Finding::Error(error) if self.is_reported(error) => {}
                Finding::Error(error) => problems.push(&mut places, span, || {
                    let hint = self.hint(error);
                    error_message(error) + &hint
                }),
                Finding::Lint(lint) => {
                    let is_error = lint.kind.severity() == Severity::Malformed && self.strict;
                    let target = if is_error { &mut problems } else { &mut warnings };
                    target.push(&mut places, span, || with_dollar(&lint.kind.to_string()));
                }
                Finding::Kept(name) => warnings.push(&mut places, span, || {
                    format!("{name} is not set, so its expansion stays as it is; set it, or write a default")
                }),
            }
        }
        problems.report(&mut self.file_problems);
        warnings.report(&mut self.warnings);
    }
}

/// The message for an error in a file.
fn error_message(error: &ExpansionError) -> String {
    match &error.kind {
        ExpansionErrorKind::Template(LintKind::Unclosed { closer }) => {
            let closer = char::from(*closer);
            format!("this expansion is never closed: add `{closer}`, or write `$<$>` for its dollar")
        }
        ExpansionErrorKind::TooLarge => "the result of this expansion is larger than 1 GiB".to_owned(),
        _ => with_dollar(&error.to_string()),
    }
}

/// A message with the dollar that all syntaxes of files have.
fn with_dollar(message: &str) -> String {
    message.replace("`${$}`", "`$<$>`")
}

/// The first problems of a file, and the number of the others: a file can have millions.
#[derive(Default)]
struct Counted {
    kept: Vec<Diagnostic>,
    count: usize,
}

impl Counted {
    fn push(&mut self, lines: &mut Lines<'_>, span: &Range<usize>, message: impl FnOnce() -> String) {
        self.count += 1;
        // One more than is shown, for its place.
        if self.count <= MOST_PER_SOURCE + 1 {
            self.kept.push(lines.diagnostic(span, message()));
        }
    }

    fn report(self, problems: &mut Problems) {
        let omitted = self.count - self.kept.len();
        let last = self.kept.last().cloned();
        problems.extend(self.kept);
        for _ in 0..omitted {
            if let Some(last) = &last {
                problems.push_with(last.origin(), || last.clone());
            }
        }
    }
}

/// Turns offsets into lines and columns, from the start of a file to its end.
struct Lines<'t> {
    name: &'t str,
    text: &'t [u8],
    /// The number of the line reached, and its start.
    number: usize,
    start: usize,
}

impl<'t> Lines<'t> {
    fn new(name: &'t str, text: &'t [u8]) -> Self {
        Self { name, text, number: 1, start: 0 }
    }

    /// A problem with a part that starts in the line reached or behind it.
    fn diagnostic(&mut self, span: &Range<usize>, message: String) -> Diagnostic {
        while let Some(length) = self.text[self.start..span.start].iter().position(|byte| *byte == b'\n') {
            self.number += 1;
            self.start += length + 1;
        }
        let end = self.text[span.start..].iter().position(|byte| *byte == b'\n');
        let end = end.map_or(self.text.len(), |length| span.start + length);
        // The CR of a CRLF is no part of the line.
        let end = if end > span.start && self.text[end - 1] == b'\r' { end - 1 } else { end };
        let before = &self.text[self.start..span.start];
        let column = String::from_utf8_lossy(before).chars().count() + 1;
        let origin = Origin::File { name: self.name.to_owned(), line: self.number, column };
        let text = SourceText::of(origin, &self.text[self.start..end]);
        Diagnostic::at(&text, span.start - self.start..span.end.min(end) - self.start, message)
    }
}
