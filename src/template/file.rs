//! Files as templates: the same language, with fewer openers and no size limit but memory (contract, section 7).
//!
//! A file is scanned once from left to right. Each expansion is parsed and evaluated on its own, as if it were an
//! argument, so that only the text of expansions is ever held as a tree.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::template::Template;
use crate::template::ast::ExpansionEnd;
use crate::template::budget::Budget;
use crate::template::error::{ExpansionError, ExpansionErrorKind};
use crate::template::expand::UnsetPolicy;
use crate::template::lint::{Lint, LintKind, Severity};
use crate::template::parse::delimiters::ExpansionEnds;
use crate::template::parse::head::{self, Head};
use crate::template::parse::parse_into;
use crate::template::reference::Usage;
use crate::template::scope::Scope;
use crate::template::syntax::Syntax;
use crate::template::taint::TaintedBytes;

/// How much text behind an opener is searched for its end, first and with each further try. Whether an expansion ends
/// does not depend on the text behind its end, so a small window finds the end of most.
const WINDOW: (usize, usize) = (1 << 10, 16);

/// After how many expansions that are never closed no further end is looked for. Each of them takes a scan of the rest
/// of the file, and the file is refused anyway.
const MAX_UNCLOSED: usize = 8;

/// A file with expansions.
#[derive(Clone, Copy, Debug)]
pub struct FileTemplate<'s> {
    source: &'s [u8],
    syntax: Syntax,
}

/// The result of expanding a file.
#[derive(Clone, Debug, Default)]
pub struct FileExpansion {
    /// The text. It is meaningless if there are errors.
    pub content: TaintedBytes,
    /// What keeps the file from being written.
    pub errors: Vec<ExpansionError>,
    /// Malformed expansions, which stay as they are written.
    pub lints: Vec<Lint>,
    /// The unset names of which expansions stay as they are written, and the first expansion of each.
    pub kept: BTreeMap<String, Range<usize>>,
    /// The variables that the file refers to.
    pub names: BTreeSet<String>,
    /// The first expansion of each variable that has a word: a default, or a message for a missing value. Only those in
    /// which nothing else is expanded.
    pub worded: BTreeMap<String, Range<usize>>,
}

impl<'s> FileTemplate<'s> {
    /// The template that is in this file.
    #[must_use]
    pub fn new(source: &'s [u8], syntax: Syntax) -> Self {
        Self { source, syntax }
    }

    /// Expands the whole file. Assignments go to `scope` from left to right.
    #[must_use]
    pub fn expand(&self, scope: &mut dyn Scope, unset: UnsetPolicy, budget: &mut Budget) -> FileExpansion {
        let unset = match unset {
            UnsetPolicy::Empty if self.syntax.keeps_unset() => UnsetPolicy::Keep,
            UnsetPolicy::Empty | UnsetPolicy::Error | UnsetPolicy::Keep => unset,
        };
        let mut writer = FileWriter {
            source: self.source,
            syntax: self.syntax,
            scope,
            unset,
            scratch: Template::default(),
            budget,
            unclosed: 0,
            unclosed_disallowed: 0,
            ends: None,
            expansion: FileExpansion {
                content: TaintedBytes::with_capacity(self.source.len() + self.source.len() / 8),
                ..FileExpansion::default()
            },
        };
        writer.run();
        writer.expansion
    }
}

struct FileWriter<'s, 'v> {
    source: &'s [u8],
    syntax: Syntax,
    scope: &'v mut dyn Scope,
    unset: UnsetPolicy,
    /// The memory of the last template.
    scratch: Template<'static>,
    /// The steps that all operators of the file may take together.
    budget: &'v mut Budget,
    /// How many expansions are never closed.
    unclosed: usize,
    /// How many expansions that are not allowed are never closed.
    unclosed_disallowed: usize,
    /// The ends of all expansions of the file. One scan from the end takes memory, and less time than many searches.
    ends: Option<ExpansionEnds<'s>>,
    expansion: FileExpansion,
}

impl FileWriter<'_, '_> {
    fn run(&mut self) {
        let (mut at, mut plain) = (0, 0);
        while let Some(offset) = self.source[at..].iter().position(|byte| *byte == b'$') {
            let first = at + offset;
            let count = self.source[first..].iter().take_while(|byte| **byte == b'$').count();
            let last = first + count - 1;
            let head = head::read(self.source, last, self.syntax);
            at = last + 1;
            if !matches!(head, Head::ShellOnly)
                && let Some(name) = name_at(self.source, last)
                && !self.scope.allows(name)
            {
                at = self.end_of_disallowed(last, &head);
                continue;
            }
            match self.end(last, &head) {
                ExpansionEnd::Closed(end) => {
                    self.expansion.content.push_literal(&self.source[plain..first + count / 2]);
                    if count % 2 == 1 {
                        self.evaluate(last..end);
                        at = end;
                    }
                    plain = at;
                }
                ExpansionEnd::Unclosed => self.report_unclosed(last, &head),
                ExpansionEnd::NotAnExpansion => {
                    if let Head::Malformed { why, end } = head {
                        self.expansion.lints.push(Lint { span: last..end, kind: why });
                    }
                }
            }
        }
        self.expansion.content.push_literal(&self.source[plain..]);
    }

    /// Where the expansion with this head ends, as an offset in the file.
    fn end(&self, dollar: usize, head: &Head) -> ExpansionEnd {
        match head {
            Head::Malformed { why: LintKind::Unclosed { .. }, .. } => return ExpansionEnd::Unclosed,
            Head::Malformed { .. } | Head::ShellOnly => return ExpansionEnd::NotAnExpansion,
            Head::Name { name } => return ExpansionEnd::Closed(name.end),
            Head::Dollar { end } | Head::Length { end, .. } => return ExpansionEnd::Closed(*end),
            Head::Verbatim { .. } | Head::Named { .. } => {}
        }
        if self.unclosed > MAX_UNCLOSED {
            return ExpansionEnd::Unclosed;
        }
        let rest = &self.source[dollar..];
        let mut window = WINDOW.0;
        loop {
            let part = &rest[..window.min(rest.len())];
            let head = head::read(part, 0, self.syntax);
            if let ExpansionEnd::Closed(end) = ExpansionEnds::new(part, self.syntax).at(0, &head) {
                return ExpansionEnd::Closed(dollar + end);
            }
            if part.len() == rest.len() {
                return ExpansionEnd::Unclosed;
            }
            window = window.saturating_mul(WINDOW.1);
        }
    }

    /// Where the search goes on behind an expansion that is not allowed: it stays whole, with the dollars before it. One
    /// that is never closed is ordinary text.
    fn end_of_disallowed(&mut self, dollar: usize, head: &Head) -> usize {
        let end = match &mut self.ends {
            Some(ends) => ends.at(dollar, head),
            None => self.end(dollar, head),
        };
        match end {
            ExpansionEnd::Closed(end) => return end,
            ExpansionEnd::NotAnExpansion => return dollar + 1,
            ExpansionEnd::Unclosed => self.unclosed_disallowed += 1,
        }
        if self.unclosed_disallowed == MAX_UNCLOSED {
            let mut ends = ExpansionEnds::new(self.source, self.syntax);
            ends.all();
            self.ends = Some(ends);
        }
        dollar + 1
    }

    /// An expansion that is never closed is an error: text to the end of the file would be missing.
    fn report_unclosed(&mut self, dollar: usize, head: &Head) {
        self.unclosed += 1;
        let (Head::Verbatim { delimiter, .. } | Head::Named { delimiter, .. }) = head else {
            if let Head::Malformed { why, end } = head {
                self.error(dollar..*end, why.clone());
            }
            return;
        };
        // Inside an unclosed expansion others are unclosed as well; the outermost is reported.
        if self.unclosed == 1 {
            let end = head_end(self.source, dollar);
            self.error(dollar..end, LintKind::Unclosed { closer: delimiter.closer() });
        }
    }

    fn error(&mut self, span: Range<usize>, lint: LintKind) {
        self.expansion.errors.push(ExpansionError {
            span,
            variable: None,
            kind: ExpansionErrorKind::Template(lint),
        });
    }

    /// Evaluates one well-formed expansion.
    fn evaluate(&mut self, span: Range<usize>) {
        let source = &self.source[span.clone()];
        let template = parse_into(source, self.syntax, std::mem::take(&mut self.scratch));
        let mut disallowed: Vec<Range<usize>> = Vec::new();
        for reference in template.references() {
            if disallowed.last().is_some_and(|outer| reference.span.start < outer.end) {
                continue;
            }
            if !self.scope.allows(reference.name) {
                disallowed.push(reference.span);
                continue;
            }
            if reference.spread {
                let within = span.start + reference.span.start..span.start + reference.span.end;
                self.expansion.errors.push(ExpansionError {
                    span: within,
                    variable: Some(reference.name.to_owned()),
                    kind: ExpansionErrorKind::SpreadInFile,
                });
            }
            if !self.expansion.names.contains(reference.name) {
                self.expansion.names.insert(reference.name.to_owned());
            }
            let has_word =
                matches!(reference.usage, Usage::Default(_) | Usage::Assign(_) | Usage::Required(_));
            if has_word && !source[1..].contains(&b'$') && !self.expansion.worded.contains_key(reference.name)
            {
                self.expansion.worded.insert(reference.name.to_owned(), span.clone());
            }
        }
        let whole = template.evaluate(self.scope, self.unset, self.budget, &mut self.expansion.content);
        let moved = |part: Range<usize>| span.start + part.start..span.start + part.end;
        // Spreads are reported above, and text that stays as it is has no problems.
        let counts = |error: &ExpansionError| match &error.kind {
            ExpansionErrorKind::Template(LintKind::SpreadInside | LintKind::SpreadNotAlone) => false,
            ExpansionErrorKind::Template(_) => !is_within(&disallowed, error.span.start),
            _ => true,
        };
        let errors = whole.errors.into_iter().filter(counts);
        let errors = errors.map(|error| ExpansionError { span: moved(error.span), ..error });
        self.expansion.errors.extend(errors);
        for (part, name) in whole.kept {
            self.expansion.kept.entry(name).or_insert_with(|| moved(part));
        }
        let warnings = template.lints().iter().filter(|lint| {
            lint.kind.severity() != Severity::Error && !is_within(&disallowed, lint.span.start)
        });
        self.expansion
            .lints
            .extend(warnings.map(|lint| Lint { span: moved(lint.span.clone()), kind: lint.kind.clone() }));
        self.scratch = template.recycle();
    }
}

/// The name at the head of an expansion, well-formed or not.
fn name_at(source: &[u8], dollar: usize) -> Option<&str> {
    let rest = &source[dollar + 1..];
    let rest = rest.strip_prefix(b"{").or_else(|| rest.strip_prefix(b"<")).unwrap_or(rest);
    let rest = rest.strip_prefix(b"#").unwrap_or(rest);
    let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    std::str::from_utf8(&rest[..length]).ok().filter(|name| !name.is_empty())
}

/// Whether an offset lies in one of these ranges, which are ascending.
fn is_within(ranges: &[Range<usize>], at: usize) -> bool {
    let next = ranges.partition_point(|range| range.end <= at);
    ranges.get(next).is_some_and(|range| range.contains(&at))
}

/// The end of the part of an unclosed expansion that an excerpt shows: its line.
fn head_end(source: &[u8], dollar: usize) -> usize {
    let length = source[dollar..].iter().position(|byte| *byte == b'\n');
    length.map_or(source.len(), |length| dollar + length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::scope::{Content, Value};
    use std::collections::BTreeMap;

    #[derive(Default)]
    struct Variables(BTreeMap<String, TaintedBytes>, Option<&'static str>);

    impl Scope for Variables {
        fn get(&self, name: &str) -> Option<Value<'_>> {
            self.0.get(name).map(|text| Value { content: Content::Assigned(text), secret: false })
        }
        fn assign(&mut self, name: &str, value: TaintedBytes) {
            self.0.insert(name.to_owned(), value);
        }
        fn allows(&self, name: &str) -> bool {
            self.1.is_none_or(|allowed| name.starts_with(allowed))
        }
    }

    fn expand(source: &[u8], syntax: Syntax) -> FileExpansion {
        let mut scope = Variables::default();
        scope.assign("A", TaintedBytes::literal(b"1"));
        scope.assign("NGX_B", TaintedBytes::literal(b"2"));
        FileTemplate::new(source, syntax).expand(&mut scope, UnsetPolicy::Empty, &mut Budget::default())
    }

    fn text(source: &[u8], syntax: Syntax) -> String {
        let expansion = expand(source, syntax);
        assert_eq!(expansion.errors, [], "{:?}", String::from_utf8_lossy(source));
        String::from_utf8(expansion.content.into_bytes()).unwrap()
    }

    #[test]
    fn the_angle_syntax_leaves_other_dollars_byte_for_byte() {
        let source = b"$host ${A} $(y) $$ $A $<A> $$<A> $$$<A> $ $<1> ${bad name} $<A:+listen $host ${A};>";
        assert_eq!(
            text(source, Syntax::Angle),
            "$host ${A} $(y) $$ $A 1 $<A> $1 $ $<1> ${bad name} listen $host ${A};"
        );
    }

    #[test]
    fn the_other_syntaxes_look_at_more() {
        assert_eq!(text(b"$A ${A} $<A> $${A}", Syntax::Braces), "$A 1 1 ${A}");
        assert_eq!(text(b"$A ${A} $<A> $$A", Syntax::All), "1 1 1 $A");
    }

    #[test]
    fn an_unset_name_without_operator_stays_in_the_syntaxes_of_shells() {
        let expansion = expand(b"${X} $X $<X> ${#X} ${X:-d} ${X%a}", Syntax::All);
        assert_eq!(expansion.content.bytes(), b"${X} $X $<X> ${#X} d ");
        assert_eq!(expansion.kept.into_iter().collect::<Vec<_>>(), [("X".to_owned(), 0..4)]);
        assert_eq!(text(b"<$<X>>", Syntax::Angle), "<>");
    }

    #[test]
    fn what_only_does_not_allow_stays_whole() {
        let mut scope = Variables(BTreeMap::new(), Some("NGX_"));
        scope.assign("A", TaintedBytes::literal(b"1"));
        scope.assign("NGX_B", TaintedBytes::literal(b"2"));
        let source = b"${A:-${NGX_B}} ${NGX_B} ${NGX_B:+${A}}";
        let expansion = FileTemplate::new(source, Syntax::Braces).expand(
            &mut scope,
            UnsetPolicy::Empty,
            &mut Budget::default(),
        );
        assert_eq!(expansion.content.bytes(), b"${A:-${NGX_B}} 2 ${A}");
        assert_eq!(expansion.names.into_iter().collect::<Vec<_>>(), ["NGX_B"]);
    }

    #[test]
    fn text_that_only_does_not_allow_has_no_problems_and_keeps_its_dollars() {
        let long = "${X:-".repeat(50);
        let source = format!(
            "$$A $$${{A}} ${{A...}} ${{A:-${{B C}}}} ${{NGX_B:+${{A:-${{B C}}}}}} ${{A:-$NGX_B {long}"
        );
        let mut scope = Variables(BTreeMap::new(), Some("NGX_"));
        scope.assign("NGX_B", TaintedBytes::literal(b"2"));
        let template = FileTemplate::new(source.as_bytes(), Syntax::All);
        let expansion = template.expand(&mut scope, UnsetPolicy::Error, &mut Budget::default());
        assert_eq!((expansion.errors, expansion.lints), (vec![], vec![]));
        let expected = format!("$$A $$${{A}} ${{A...}} ${{A:-${{B C}}}} ${{A:-${{B C}}}} ${{A:-2 {long}");
        assert_eq!(String::from_utf8_lossy(expansion.content.bytes()), expected);
    }

    #[test]
    fn words_hold_line_ends_and_may_be_longer_than_a_window() {
        let long = "x\n".repeat(40_000);
        let source = format!("a\n$<A:+{long}$<A>>\nb");
        assert_eq!(text(source.as_bytes(), Syntax::Angle), format!("a\n{long}1\nb"));
    }

    #[test]
    fn an_unclosed_expansion_is_one_error_at_its_place() {
        let expansion = expand(b"a\n$<A:-b $<A:-c\nd", Syntax::Angle);
        let spans: Vec<_> = expansion.errors.iter().map(|error| (error.span.start, error.span.end)).collect();
        assert_eq!(spans, [(2, 15)]);
    }

    #[test]
    fn a_spread_is_an_error() {
        assert_eq!(expand(b"$<A...>", Syntax::Angle).errors.len(), 1);
        assert_eq!(expand(b"x $<A:-$<B...>>", Syntax::Angle).errors.len(), 1);
    }

    #[test]
    fn unclosed_openers_without_end_take_linear_time() {
        let source = b"$<A:-\\".repeat(20_000);
        assert_eq!(expand(&source, Syntax::Angle).errors.len(), 1);
    }
}
