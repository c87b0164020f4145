//! Expands templates, and reports their problems.

use crate::diagnostic::{Diagnostic, SourceText};
use crate::resolve::Resolver;
use crate::resolve::lints::ArgumentKind;
use crate::template::{ExpansionError, Severity, TaintedBytes, Template, UnsetPolicy};

/// The problem of a spread where one value is expected.
const SPREAD_IN_VALUE: &str = "a spread is several arguments, and only one value fits here";

/// A template could not be expanded. Its problems are reported.
struct Failed;

impl<'l> Resolver<'l> {
    /// Expands a template to one value. A spread cannot be one.
    pub(super) fn one(&mut self, written: &'l SourceText) -> Option<TaintedBytes> {
        let template = Template::parse(written.bytes());
        if let Some(spread) = template.references().find(|reference| reference.spread) {
            self.problem(Diagnostic::at(written, spread.span, SPREAD_IN_VALUE));
            return None;
        }
        let problems_before = self.problems.count();
        let mut texts = Vec::new();
        let outcome = self.expand_template(written, &template, ArgumentKind::Value, &mut texts);
        texts.pop().filter(|_| outcome.is_ok() && self.problems.count() == problems_before)
    }

    /// Expands a value that is not an argument of a command.
    pub(super) fn unlisted(&mut self, text: &SourceText) -> Option<TaintedBytes> {
        let template = Template::parse(text.bytes());
        if let Some(spread) = template.references().find(|reference| reference.spread) {
            self.problem(Diagnostic::at(text, spread.span, SPREAD_IN_VALUE));
            return None;
        }
        let problems_before = self.problems.count();
        let mut texts = Vec::new();
        self.lints(text, &template);
        let outcome = self.evaluate(text, &template, &mut texts);
        texts.pop().filter(|_| outcome.is_ok() && self.problems.count() == problems_before)
    }

    /// Expands an argument, to any number of arguments. An argument with problems is kept as written.
    pub(super) fn expand(
        &mut self,
        written: &'l SourceText,
        kind: ArgumentKind<'l>,
        texts: &mut Vec<TaintedBytes>,
    ) {
        if !written.bytes().contains(&b'$') {
            return texts.push(TaintedBytes::literal(written.bytes()));
        }
        let template = std::mem::take(&mut self.scratch).parse_reusing(written.bytes());
        if self.expand_template(written, &template, kind, texts).is_err() {
            texts.push(TaintedBytes::literal(written.bytes()));
        }
        self.scratch = template.recycle();
    }

    fn expand_template(
        &mut self,
        written: &'l SourceText,
        template: &Template<'l>,
        kind: ArgumentKind<'l>,
        texts: &mut Vec<TaintedBytes>,
    ) -> Result<(), Failed> {
        self.lints(written, template);
        self.lint_unset(written, template, kind);
        template.references().for_each(|reference| self.usage.note(reference.name, written.argument()));
        self.evaluate(written, template, texts)
    }

    fn evaluate(
        &mut self,
        written: &SourceText,
        template: &Template<'_>,
        texts: &mut Vec<TaintedBytes>,
    ) -> Result<(), Failed> {
        let is_error = self.strict || self.variables.shows_defaults_only();
        let unset = if is_error { UnsetPolicy::Error } else { UnsetPolicy::Empty };
        let Err(errors) = template.expand_into(texts, &mut self.variables, unset, &mut self.budget) else {
            return Ok(());
        };
        for error in errors {
            if self.is_reported(&error) {
                continue;
            }
            let hint = self.hint(&error);
            let diagnostic = Diagnostic::at(written, error.span.clone(), error.to_string());
            self.problem(diagnostic.append(&hint));
        }
        Err(Failed)
    }

    /// Whether the defaults file already reports that the variable is required and not set, or it need not be set.
    pub(super) fn is_reported(&self, error: &ExpansionError) -> bool {
        error.is_unset()
            && error.variable.as_deref().is_some_and(|name| self.variables.is_reported_missing(name))
    }

    /// A hint at the variable that was probably intended, if the error is an unset variable.
    pub(super) fn hint(&mut self, error: &ExpansionError) -> String {
        let name = error.variable.as_deref().filter(|_| error.is_unset());
        name.map_or(String::new(), |name| self.hints.hint(name, self.variables.names()))
    }

    /// Reports the lints of a template. Its expansion reports those of [`Severity::Error`].
    fn lints(&mut self, written: &SourceText, template: &Template<'_>) {
        for lint in template.lints() {
            let diagnostic = Diagnostic::at(written, lint.span.clone(), lint.kind.to_string());
            match lint.kind.severity() {
                Severity::Malformed if self.strict => self.problem(diagnostic),
                Severity::Advice | Severity::Malformed => self.warnings.push(diagnostic),
                Severity::Error => {}
            }
        }
    }
}
