//! Reads what an operator works with: words, patterns, messages.

use std::ops::Range;

use crate::template::ast::{Delimiter, Expansion, Kind, Word};
use crate::template::fields::split_parts;
use crate::template::lint::brace::{self, BraceLint, BraceMismatch, Role};
use crate::template::lint::{Lint, LintKind, Severity};
use crate::template::parse::Parser;
use crate::template::parse::delimiters::Context;
use crate::template::parse::operator::{self, Operator};

impl Parser<'_> {
    pub(in crate::template) fn kind(
        &mut self,
        operator: Operator,
        rest: usize,
        spelling: Delimiter,
        level: usize,
        expansion: &Expansion,
    ) -> Kind {
        match operator {
            Operator::Plain => Kind::Plain,
            Operator::Substring { offset, length } => Kind::Substring { offset, length },
            Operator::Case(case, many) => Kind::Case(case, many),
            Operator::Default(test) => {
                Kind::Default(test, self.word(rest, spelling, level, expansion, Role::Default(test)))
            }
            Operator::Assign(test) => {
                Kind::Assign(test, self.word(rest, spelling, level, expansion, Role::Default(test)))
            }
            Operator::Alternative(test) => {
                Kind::Alternative(test, self.word(rest, spelling, level, expansion, Role::Alternative(test)))
            }
            Operator::Required(test) => {
                Kind::Required(test, self.message(rest, spelling, level, expansion, Role::Message(test)))
            }
            Operator::Strip(side, reach) => {
                let from = self.unfinished.len();
                self.operand(rest, Context::Pattern(spelling), level, expansion);
                Kind::Strip { side, reach, pattern: self.commit_parts(from) }
            }
            Operator::Replace(place) => {
                let scanned = operator::behind_first_slash(self.source, operator, rest);
                let from = self.unfinished.len();
                self.literal(rest..scanned);
                let end = self.text(scanned, Some(Context::Replaced(spelling)), level);
                let pattern = self.commit_parts(from);
                if self.source.get(end) == Some(&b'/') {
                    self.text(end + 1, Some(Context::Word(spelling)), level);
                }
                Kind::Replace { place, pattern, word: self.commit_parts(from) }
            }
        }
    }

    /// Reads the one text of an expansion, and tells where that ends.
    fn operand(&mut self, from: usize, context: Context, level: usize, expansion: &Expansion) -> usize {
        if !self.extents.are_plain() {
            return self.text(from, Some(context), level);
        }
        let end = expansion.span.end - 1;
        self.literal(from..end);
        end
    }

    fn word(
        &mut self,
        from: usize,
        spelling: Delimiter,
        level: usize,
        expansion: &Expansion,
        role: Role,
    ) -> Word {
        let parts = self.unfinished.len();
        let end = self.operand(from, Context::Word(spelling), level, expansion);
        if spelling == Delimiter::Brace {
            self.look_for_brace_trap(expansion, from, parts, role);
        }
        let source = from..end;
        if !expansion.spread || !self.is_alone(expansion, level) {
            return Word { source, content: self.commit_parts(parts) };
        }
        let fields = match split_parts(self.source, &self.unfinished[parts..]) {
            Ok(fields) => fields,
            Err(unbalanced) => {
                self.find(LintKind::UnbalancedQuote, unbalanced.at..end);
                Vec::new()
            }
        };
        self.unfinished.truncate(parts);
        let start = self.fields.len();
        for field in fields {
            self.unfinished.extend(field);
            let field = self.commit_parts(parts);
            self.fields.push(field);
        }
        Word { source, content: start..self.fields.len() }
    }

    /// The message of `${NAME:?message}`, which is shown as written: nothing in it refers to a variable, but
    /// what is an error anywhere is one in it.
    fn message(
        &mut self,
        from: usize,
        spelling: Delimiter,
        level: usize,
        expansion: &Expansion,
        role: Role,
    ) -> Range<usize> {
        let (expansions, parts) = (self.expansions.len(), self.parts.len());
        let words = self.unfinished.len();
        let mut lints = std::mem::take(&mut self.lints);
        let end = self.operand(from, Context::Word(spelling), level, expansion);
        std::mem::swap(&mut lints, &mut self.lints);
        if spelling == Delimiter::Brace {
            self.look_for_brace_trap(expansion, from, words, role);
        }
        self.expansions.truncate(expansions);
        self.parts.truncate(parts);
        self.unfinished.truncate(words);
        for finding in lints.into_iter().filter(|finding| finding.kind.severity() == Severity::Error) {
            self.find(finding.kind, finding.span);
        }
        from..end
    }

    /// `parts` is where those of the word start among the unfinished ones.
    fn look_for_brace_trap(&mut self, expansion: &Expansion, word: usize, parts: usize, role: Role) {
        let parts = &self.unfinished[parts..];
        if self.traps_to_look_for == 0 || !brace::is_likely(self.source, parts) {
            return;
        }
        let span = &expansion.span;
        // One inside comes first: when it is mended, this one may be none.
        let is_trap = |finding: &Lint| matches!(finding.kind, LintKind::BraceLint { .. });
        if self.lints.iter().any(|finding| finding.span.start > span.start && is_trap(finding)) {
            return;
        }
        let brace_lint = BraceLint {
            source: self.source,
            expansions: &self.expansions,
            extents: self.extents.all(),
            enclosing: self.enclosing,
            span,
            name: std::str::from_utf8(&self.source[expansion.name.clone()]).unwrap_or_default(),
            word,
            parts,
        };
        let caught = brace_lint.look(role);
        self.traps_to_look_for -= 1;
        if let Some(BraceMismatch { outcomes, proposal, end }) = caught {
            self.find(LintKind::BraceLint { outcomes, proposal }, span.start..end);
        }
    }
}
