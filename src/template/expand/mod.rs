//! Expands a template against a scope.

mod case;
mod spread;
mod substring;
mod transform;

use crate::template::Template;
use crate::template::ast::{Expansion, Operation, Part, Parts, Test};
use crate::template::budget::Budget;
use crate::template::error::{Absence, ExpansionError, ExpansionErrorKind};
use crate::template::lint::Severity;
use crate::template::scope::Scope;
use crate::template::taint::TaintedBytes;

/// The largest result, and the largest intermediate result, in bytes: far more than execve(2) accepts.
pub(in crate::template) const MAX_RESULT: usize = 4 << 20;

/// The number of errors reported for one template.
const MAX_ERRORS: usize = 64;

/// What an unset variable without an operator expands to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnsetPolicy {
    /// The empty string.
    Empty,
    /// An error (`--strict`).
    Error,
}

impl Template<'_> {
    /// Expands the template to one argument, or to any number of arguments if it is a spread.
    ///
    /// Assignments go to `scope` from left to right, as they are evaluated.
    ///
    /// # Errors
    ///
    /// All errors of the expansion, among them the lints of [`Severity::Error`].
    pub fn expand(
        &self,
        scope: &mut dyn Scope,
        unset: UnsetPolicy,
    ) -> Result<Vec<TaintedBytes>, Vec<ExpansionError>> {
        let mut texts = Vec::new();
        self.expand_into(&mut texts, scope, unset, &mut Budget::default())?;
        Ok(texts)
    }

    /// Expands the template and appends the arguments to `texts`.
    ///
    /// # Errors
    ///
    /// All errors of the expansion. Then nothing is appended.
    pub fn expand_into(
        &self,
        texts: &mut Vec<TaintedBytes>,
        scope: &mut dyn Scope,
        unset: UnsetPolicy,
        budget: &mut Budget,
    ) -> Result<(), Vec<ExpansionError>> {
        let before = texts.len();
        budget.extend(self.source.len());
        let mut expander =
            Expander { template: self, scope, unset, budget, exhausted: false, errors: self.lint_errors() };
        if let Some(expansion) = self.spread() {
            texts.extend(expander.spread(expansion));
        } else {
            let mut text = TaintedBytes::with_capacity(self.source.len());
            expander.append(&self.root, Mode::Word, &mut text);
            texts.push(text);
        }
        if expander.errors.is_empty() {
            return Ok(());
        }
        texts.truncate(before);
        Err(expander.errors)
    }

    fn lint_errors(&self) -> Vec<ExpansionError> {
        let errors = self.lints.iter().filter(|lint| lint.kind.severity() == Severity::Error);
        errors
            .map(|lint| ExpansionError {
                span: lint.span.clone(),
                variable: None,
                kind: ExpansionErrorKind::Template(lint.kind.clone()),
            })
            .collect()
    }

    /// The spread that is the whole template.
    fn spread(&self) -> Option<&Expansion> {
        let [Part::Expansion(index)] = self.parts[self.root.clone()] else { return None };
        let expansion = &self.expansions[index];
        (expansion.spread && expansion.span == (0..self.source.len())).then_some(expansion)
    }
}

pub(in crate::template) struct Expander<'t, 's> {
    pub(in crate::template) template: &'t Template<'t>,
    scope: &'s mut dyn Scope,
    unset: UnsetPolicy,
    budget: &'s mut Budget,
    /// The result is too large or took too many steps: evaluation stops.
    pub(in crate::template) exhausted: bool,
    errors: Vec<ExpansionError>,
}

/// The syntax that literal text must not acquire.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::template) enum Mode {
    Word,
    /// In a pattern, `*`, `?` and `[` are active unless a backslash quotes them.
    Pattern,
}

impl Mode {
    /// Appends bytes, quoted so that none of them is active.
    fn push_inert(self, bytes: &[u8], out: &mut TaintedBytes) {
        if self == Self::Word {
            return out.push_literal(bytes);
        }
        for &byte in bytes {
            if byte.is_ascii_punctuation() {
                out.push_literal(b"\\");
            }
            out.push_literal(&[byte]);
        }
    }
}

/// Whether an operator finds its variable present.
pub(in crate::template) enum Presence {
    Present,
    Absent(Absence),
}

impl<'t> Expander<'t, '_> {
    pub(in crate::template) fn text(&mut self, parts: &Parts, mode: Mode) -> TaintedBytes {
        let mut text = TaintedBytes::new();
        self.append(parts, mode, &mut text);
        text
    }

    fn append(&mut self, parts: &Parts, mode: Mode, out: &mut TaintedBytes) {
        let source = self.template.source;
        for part in &self.template.parts[parts.clone()] {
            if self.exhausted {
                return;
            }
            match part {
                Part::Literal(span) => out.push_literal(&source[span.clone()]),
                Part::Escaped(at) => mode.push_inert(&source[*at..=*at], out),
                Part::Expansion(index) => self.expansion(&self.template.expansions[*index], mode, out),
            }
        }
    }

    /// Appends the result of an expansion.
    pub(in crate::template) fn expansion(
        &mut self,
        expansion: &'t Expansion,
        mode: Mode,
        out: &mut TaintedBytes,
    ) {
        match &expansion.operation {
            Operation::Dollar => out.push_literal(b"$"),
            Operation::Verbatim(span) => mode.push_inert(&self.template.source[span.clone()], out),
            Operation::Default(test, word) => {
                if let Presence::Absent(_) = self.value(expansion, *test, out) {
                    self.append(&word.content, mode, out);
                }
            }
            Operation::Assign(test, word) => {
                if let Presence::Absent(_) = self.value(expansion, *test, out) {
                    let value = self.text(&word.content, Mode::Word);
                    self.push(expansion, &value, out);
                    self.scope.assign(self.template.name(&expansion.name), value);
                }
            }
            Operation::Alternative(test, word) => {
                if let Presence::Present = self.presence(expansion, *test) {
                    self.append(&word.content, mode, out);
                }
            }
            Operation::Required(test, message) => {
                if let Presence::Absent(absence) = self.value(expansion, *test, out) {
                    let message = String::from_utf8_lossy(&self.template.source[message.clone()]);
                    let message = (!message.is_empty()).then(|| message.into_owned());
                    self.error(expansion, ExpansionErrorKind::Required { message, absence });
                }
            }
            Operation::Plain => {
                let is_unset = matches!(self.value(expansion, Test::Unset, out), Presence::Absent(_));
                if is_unset && self.unset == UnsetPolicy::Error {
                    self.error(expansion, ExpansionErrorKind::Unset);
                }
            }
            Operation::Length
            | Operation::Substring { .. }
            | Operation::Strip { .. }
            | Operation::Replace { .. }
            | Operation::Case(..) => match self.transformed(expansion) {
                Ok(text) => self.push(expansion, &text, out),
                Err(kind) => {
                    // The budget is spent for the rest of the template, too.
                    self.exhausted |= kind == ExpansionErrorKind::TooManySteps;
                    self.error(expansion, kind);
                }
            },
        }
    }

    /// Appends a result, unless the whole becomes too large.
    fn push(&mut self, expansion: &Expansion, text: &TaintedBytes, out: &mut TaintedBytes) {
        if out.len() + text.len() > MAX_RESULT {
            self.exhausted = true;
            self.error(expansion, ExpansionErrorKind::TooLarge);
        } else {
            out.append(text);
        }
    }

    /// The result of an operator that transforms a value.
    fn transformed(&mut self, expansion: &'t Expansion) -> Result<TaintedBytes, ExpansionErrorKind> {
        let value = self.scope.get(self.template.name(&expansion.name));
        let (value, secret) = match value {
            Some(value) => {
                self.budget.spend(value.len())?;
                (value.to_text(), value.has_secret())
            }
            None if self.unset == UnsetPolicy::Error => return Err(ExpansionErrorKind::Unset),
            None if matches!(expansion.operation, Operation::Length) => (TaintedBytes::new(), false),
            None => return Ok(TaintedBytes::new()),
        };
        match &expansion.operation {
            Operation::Length => Ok(transform::length(&value, secret)),
            Operation::Substring { offset, length } => transform::substring(&value, *offset, *length),
            Operation::Case(case, scope) => Ok(transform::change_case(&value, *case, *scope)),
            Operation::Strip { side, greediness, pattern } => {
                let pattern = self.text(pattern, Mode::Pattern);
                self.budget.spend(pattern.len())?;
                transform::strip(&value, *side, *greediness, pattern.bytes(), self.budget)
            }
            Operation::Replace { scope, pattern, word } => {
                let pattern = self.text(pattern, Mode::Pattern);
                let word = self.text(word, Mode::Word);
                self.budget.spend(pattern.len() + word.len())?;
                transform::replace(&value, *scope, pattern.bytes(), &word, self.budget)
            }
            _ => Ok(value),
        }
    }

    pub(in crate::template) fn presence(&self, expansion: &Expansion, test: Test) -> Presence {
        let name = self.template.name(&expansion.name);
        match self.scope.get(name) {
            None => Presence::Absent(Absence::Unset),
            Some(value) if test == Test::UnsetOrEmpty && (value.is_empty() || self.scope.is_false(name)) => {
                Presence::Absent(Absence::Empty)
            }
            Some(_) => Presence::Present,
        }
    }

    /// Appends the value of a variable if it is present.
    pub(in crate::template) fn value(
        &mut self,
        expansion: &Expansion,
        test: Test,
        out: &mut TaintedBytes,
    ) -> Presence {
        let name = self.template.name(&expansion.name);
        match self.scope.get(name) {
            None => return Presence::Absent(Absence::Unset),
            Some(value) if test == Test::UnsetOrEmpty && (value.is_empty() || self.scope.is_false(name)) => {
                return Presence::Absent(Absence::Empty);
            }
            Some(value) if out.len() + value.len() <= MAX_RESULT => value.append_to(out),
            Some(_) => {
                self.exhausted = true;
                self.error(expansion, ExpansionErrorKind::TooLarge);
            }
        }
        Presence::Present
    }

    pub(in crate::template) fn error(&mut self, expansion: &Expansion, kind: ExpansionErrorKind) {
        let name = self.template.name(&expansion.name);
        let variable = (!name.is_empty()).then(|| name.to_owned());
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(ExpansionError { span: expansion.span.clone(), variable, kind });
        }
    }
}
