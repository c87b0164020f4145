//! Evaluates a template against a scope.

mod case;
mod spread;
mod substring;
mod transform;

use crate::template::Template;
use crate::template::ast::{Expansion, Kind, Part, Parts, Test};
use crate::template::glob::Budget;
use crate::template::lint::Severity;
use crate::template::problem::{Missing, Problem, ProblemKind};
use crate::template::scope::Scope;
use crate::template::taint::TaintedBytes;

/// No result, and nothing that a result is made of, is larger than this: 4 MiB, far more than execve takes.
pub(in crate::template) const LARGEST: usize = 4 << 20;

/// How many problems of one template are told.
const MOST_PROBLEMS: usize = 64;

/// What an unset variable without an operator means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnsetPolicy {
    /// Nothing.
    Empty,
    /// A problem (`--strict`).
    Error,
}

impl Template<'_> {
    /// Expands the template: to one argument, or to any number of them when it is a spread.
    ///
    /// Assignments reach `scope` from left to right, as they are evaluated.
    ///
    /// # Errors
    ///
    /// Every problem that was met, among them the findings of [`Severity::Error`].
    pub fn expand(
        &self,
        scope: &mut dyn Scope,
        unset: UnsetPolicy,
    ) -> Result<Vec<TaintedBytes>, Vec<Problem>> {
        let mut texts = Vec::new();
        self.expand_into(&mut texts, scope, unset)?;
        Ok(texts)
    }

    /// The same, and adds the arguments to others.
    ///
    /// # Errors
    ///
    /// Every problem that was met; then nothing is added.
    pub fn expand_into(
        &self,
        texts: &mut Vec<TaintedBytes>,
        scope: &mut dyn Scope,
        unset: UnsetPolicy,
    ) -> Result<(), Vec<Problem>> {
        let before = texts.len();
        let mut expander = Expander {
            template: self,
            scope,
            unset,
            steps: Budget::new(),
            full: false,
            problems: self.errors(),
        };
        if let Some(expansion) = self.spread() {
            texts.extend(expander.spread(expansion));
        } else {
            let mut text = TaintedBytes::with_capacity(self.source.len());
            expander.append(&self.root, Mode::Word, &mut text);
            texts.push(text);
        }
        if expander.problems.is_empty() {
            return Ok(());
        }
        texts.truncate(before);
        Err(expander.problems)
    }

    fn errors(&self) -> Vec<Problem> {
        let errors = self.lints.iter().filter(|finding| finding.kind.severity() == Severity::Error);
        errors
            .map(|finding| Problem {
                span: finding.span.clone(),
                variable: None,
                kind: ProblemKind::Template(finding.kind.clone()),
            })
            .collect()
    }

    /// The expansion that is the whole template and becomes several arguments.
    fn spread(&self) -> Option<&Expansion> {
        let [Part::Expansion(place)] = self.parts[self.root.clone()] else { return None };
        let expansion = &self.expansions[place];
        (expansion.spread && expansion.span == (0..self.source.len())).then_some(expansion)
    }
}

pub(in crate::template) struct Expander<'t, 's> {
    pub(in crate::template) template: &'t Template<'t>,
    scope: &'s mut dyn Scope,
    unset: UnsetPolicy,
    steps: Budget,
    /// A result grew too large, or took too long: nothing more is evaluated.
    pub(in crate::template) full: bool,
    problems: Vec<Problem>,
}

/// What text is evaluated for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::template) enum Mode {
    Word,
    /// A pattern, in which a backslash quotes and what it does not quote may be active.
    Pattern,
}

impl Mode {
    /// Adds bytes so that nothing in them is active.
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

/// A variable as an operator sees it.
pub(in crate::template) enum State {
    Used,
    Missing(Missing),
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
            if self.full {
                return;
            }
            match part {
                Part::Literal(span) => out.push_literal(&source[span.clone()]),
                Part::Escaped(at) => mode.push_inert(&source[*at..=*at], out),
                Part::Expansion(place) => self.expansion(&self.template.expansions[*place], mode, out),
            }
        }
    }

    /// Adds what comes of an expansion.
    pub(in crate::template) fn expansion(
        &mut self,
        expansion: &'t Expansion,
        mode: Mode,
        out: &mut TaintedBytes,
    ) {
        match &expansion.kind {
            Kind::Dollar => out.push_literal(b"$"),
            Kind::Verbatim(span) => mode.push_inert(&self.template.source[span.clone()], out),
            Kind::Default(test, word) => {
                if let State::Missing(_) = self.value(expansion, *test, out) {
                    self.append(&word.content, mode, out);
                }
            }
            Kind::Assign(test, word) => {
                if let State::Missing(_) = self.value(expansion, *test, out) {
                    let value = self.text(&word.content, Mode::Word);
                    self.push(expansion, &value, out);
                    self.scope.assign(self.template.name(&expansion.name), value);
                }
            }
            Kind::Alternative(test, word) => {
                if let State::Used = self.state(expansion, *test) {
                    self.append(&word.content, mode, out);
                }
            }
            Kind::Required(test, message) => {
                if let State::Missing(missing) = self.value(expansion, *test, out) {
                    let message = String::from_utf8_lossy(&self.template.source[message.clone()]);
                    let message = (!message.is_empty()).then(|| message.into_owned());
                    self.problem(expansion, ProblemKind::Required { message, missing });
                }
            }
            Kind::Plain => {
                let is_unset = matches!(self.value(expansion, Test::Unset, out), State::Missing(_));
                if is_unset && self.unset == UnsetPolicy::Error {
                    self.problem(expansion, ProblemKind::Unset);
                }
            }
            Kind::Length
            | Kind::Substring { .. }
            | Kind::Strip { .. }
            | Kind::Replace { .. }
            | Kind::Case(..) => match self.transformed(expansion) {
                Ok(text) => self.push(expansion, &text, out),
                Err(kind) => {
                    // The steps are used up for all that is still to come.
                    self.full |= kind == ProblemKind::PatternTooLarge;
                    self.problem(expansion, kind);
                }
            },
        }
    }

    /// Adds a result, unless all becomes too large with it.
    fn push(&mut self, expansion: &Expansion, text: &TaintedBytes, out: &mut TaintedBytes) {
        if out.len() + text.len() > LARGEST {
            self.full = true;
            self.problem(expansion, ProblemKind::TooLarge);
        } else {
            out.push_text(text);
        }
    }

    /// What comes of the value where no operator asks whether there is one.
    fn transformed(&mut self, expansion: &'t Expansion) -> Result<TaintedBytes, ProblemKind> {
        let value = self.scope.get(self.template.name(&expansion.name));
        let (value, secret) = match value {
            Some(value) => (value.to_text(), value.taints()),
            None if self.unset == UnsetPolicy::Error => return Err(ProblemKind::Unset),
            None if matches!(expansion.kind, Kind::Length) => (TaintedBytes::new(), false),
            None => return Ok(TaintedBytes::new()),
        };
        match &expansion.kind {
            Kind::Length => Ok(transform::length(&value, secret)),
            Kind::Substring { offset, length } => transform::substring(&value, *offset, *length),
            Kind::Case(case, many) => Ok(transform::change_case(&value, *case, *many)),
            Kind::Strip { side, reach, pattern } => {
                let pattern = self.text(pattern, Mode::Pattern);
                transform::strip(&value, *side, *reach, pattern.bytes(), &mut self.steps)
            }
            Kind::Replace { place, pattern, word } => {
                let pattern = self.text(pattern, Mode::Pattern);
                let word = self.text(word, Mode::Word);
                transform::replace(&value, *place, pattern.bytes(), &word, &mut self.steps)
            }
            _ => Ok(value),
        }
    }

    pub(in crate::template) fn state(&self, expansion: &Expansion, test: Test) -> State {
        let name = self.template.name(&expansion.name);
        match self.scope.get(name) {
            None => State::Missing(Missing::Unset),
            Some(value) if test == Test::UnsetOrEmpty && (value.is_empty() || self.scope.is_false(name)) => {
                State::Missing(Missing::Empty)
            }
            Some(_) => State::Used,
        }
    }

    /// Adds the value of a variable, if it is not missing.
    pub(in crate::template) fn value(
        &mut self,
        expansion: &Expansion,
        test: Test,
        out: &mut TaintedBytes,
    ) -> State {
        let name = self.template.name(&expansion.name);
        match self.scope.get(name) {
            None => return State::Missing(Missing::Unset),
            Some(value) if test == Test::UnsetOrEmpty && (value.is_empty() || self.scope.is_false(name)) => {
                return State::Missing(Missing::Empty);
            }
            Some(value) if out.len() + value.len() <= LARGEST => value.append_to(out),
            Some(_) => {
                self.full = true;
                self.problem(expansion, ProblemKind::TooLarge);
            }
        }
        State::Used
    }

    pub(in crate::template) fn problem(&mut self, expansion: &Expansion, kind: ProblemKind) {
        let name = self.template.name(&expansion.name);
        let variable = (!name.is_empty()).then(|| name.to_owned());
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(Problem { span: expansion.span.clone(), variable, kind });
        }
    }
}
