//! Parses the operands of operators: words, patterns and messages.

use std::ops::Range;

use crate::template::ast::{Delimiter, Expansion, Operation, Word};
use crate::template::fields::split_parts;
use crate::template::lint::brace::{self, BraceCheck, BraceMismatch, Role};
use crate::template::lint::{Lint, LintKind, Severity};
use crate::template::parse::Parser;
use crate::template::parse::delimiters::Context;
use crate::template::parse::operator::{self, Operator};

impl Parser<'_> {
    pub(in crate::template) fn operation(
        &mut self,
        operator: Operator,
        rest: usize,
        delimiter: Delimiter,
        level: usize,
        expansion: &Expansion,
    ) -> Operation {
        match operator {
            Operator::Plain => Operation::Plain,
            Operator::Substring { offset, length } => Operation::Substring { offset, length },
            Operator::Case(case, scope) => Operation::Case(case, scope),
            Operator::Default(test) => {
                Operation::Default(test, self.word(rest, delimiter, level, expansion, Role::Default(test)))
            }
            Operator::Assign(test) => {
                Operation::Assign(test, self.word(rest, delimiter, level, expansion, Role::Default(test)))
            }
            Operator::Alternative(test) => Operation::Alternative(
                test,
                self.word(rest, delimiter, level, expansion, Role::Alternative(test)),
            ),
            Operator::Required(test) => Operation::Required(
                test,
                self.message(rest, delimiter, level, expansion, Role::Message(test)),
            ),
            Operator::Strip(side, greediness) => {
                let from = self.pending.len();
                self.operand(rest, Context::Pattern(delimiter), level, expansion);
                Operation::Strip { side, greediness, pattern: self.commit_parts(from) }
            }
            Operator::Replace(scope) => {
                let scanned = operator::after_first_slash(self.source, operator, rest);
                let from = self.pending.len();
                self.literal(rest..scanned);
                let end = self.text(scanned, Some(Context::Replaced(delimiter)), level);
                let pattern = self.commit_parts(from);
                if self.source.get(end) == Some(&b'/') {
                    self.text(end + 1, Some(Context::Replacement(delimiter)), level);
                }
                Operation::Replace { scope, pattern, word: self.commit_parts(from) }
            }
        }
    }

    /// Parses the only operand of an expansion, and returns its end.
    fn operand(&mut self, from: usize, context: Context, level: usize, expansion: &Expansion) -> usize {
        if !self.ends.are_plain() {
            return self.text(from, Some(context), level);
        }
        let end = expansion.span.end - 1;
        self.literal(from..end);
        end
    }

    fn word(
        &mut self,
        from: usize,
        delimiter: Delimiter,
        level: usize,
        expansion: &Expansion,
        role: Role,
    ) -> Word {
        let parts = self.pending.len();
        let end = self.operand(from, Context::Word(delimiter), level, expansion);
        if delimiter == Delimiter::Brace {
            self.check_braces(expansion, from, parts, role);
        }
        let source = from..end;
        if !expansion.spread || !self.is_alone(expansion, level) {
            return Word { source, content: self.commit_parts(parts) };
        }
        let fields = match split_parts(self.source, &self.pending[parts..]) {
            Ok(fields) => fields,
            Err(unbalanced) => {
                self.lint(LintKind::UnbalancedQuote, unbalanced.at..end);
                Vec::new()
            }
        };
        self.pending.truncate(parts);
        let start = self.fields.len();
        for field in fields {
            self.pending.extend(field);
            let field = self.commit_parts(parts);
            self.fields.push(field);
        }
        Word { source, content: start..self.fields.len() }
    }

    /// Parses the message of `${NAME:?message}`. It is shown unexpanded, so its references and warnings do not count,
    /// but its errors do.
    fn message(
        &mut self,
        from: usize,
        delimiter: Delimiter,
        level: usize,
        expansion: &Expansion,
        role: Role,
    ) -> Range<usize> {
        let (expansions, parts) = (self.expansions.len(), self.parts.len());
        let words = self.pending.len();
        let mut lints = std::mem::take(&mut self.lints);
        let end = self.operand(from, Context::Word(delimiter), level, expansion);
        std::mem::swap(&mut lints, &mut self.lints);
        if delimiter == Delimiter::Brace {
            self.check_braces(expansion, from, words, role);
        }
        self.expansions.truncate(expansions);
        self.parts.truncate(parts);
        self.pending.truncate(words);
        for lint in lints.into_iter().filter(|lint| lint.kind.severity() == Severity::Error) {
            self.lint(lint.kind, lint.span);
        }
        from..end
    }

    /// Warns if a `}` of the word closes the expansion too early. `parts` is the index of the word's first pending part.
    fn check_braces(&mut self, expansion: &Expansion, word: usize, parts: usize, role: Role) {
        let parts = &self.pending[parts..];
        if self.brace_checks_left == 0 || !brace::is_likely(self.source, parts) {
            return;
        }
        let span = &expansion.span;
        // An inner mismatch comes first: once it is fixed, this one may be gone.
        let is_mismatch = |lint: &Lint| matches!(lint.kind, LintKind::BraceMismatch { .. });
        if self.lints.iter().any(|lint| lint.span.start > span.start && is_mismatch(lint)) {
            return;
        }
        let check = BraceCheck {
            source: self.source,
            expansions: &self.expansions,
            ends: self.ends.all(),
            enclosing: self.enclosing,
            span,
            name: std::str::from_utf8(&self.source[expansion.name.clone()]).unwrap_or_default(),
            word,
            parts,
        };
        let mismatch = check.check(role);
        self.brace_checks_left -= 1;
        if let Some(BraceMismatch { outcomes, proposal, end }) = mismatch {
            self.lint(LintKind::BraceMismatch { outcomes, proposal }, span.start..end);
        }
    }
}
