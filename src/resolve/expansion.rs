//! Expands what was written, and tells what is wrong with it.

use crate::diagnostic::{Diagnostic, SourceText};
use crate::resolve::Resolver;
use crate::resolve::lints::ArgumentKind;
use crate::template::{ExpansionError, Severity, TaintedBytes, Template, UnsetPolicy};

impl<'l> Resolver<'l> {
    /// What has to be one value: a spread cannot be.
    pub(super) fn one(&mut self, written: &'l SourceText) -> Option<TaintedBytes> {
        let template = Template::parse(written.bytes());
        if let Some(spread) = template.references().find(|reference| reference.spread) {
            let what = "a spread is several arguments, and here is room for one value";
            self.problem(Diagnostic::at(written, spread.span, what));
            return None;
        }
        let before = self.problems.len();
        let mut texts = Vec::new();
        self.expand_template(written, &template, ArgumentKind::Value, &mut texts);
        texts.pop().filter(|_| self.problems.len() == before)
    }

    /// Adds the arguments that an argument becomes.
    pub(super) fn expand(
        &mut self,
        written: &'l SourceText,
        kind: ArgumentKind<'l>,
        texts: &mut Vec<TaintedBytes>,
    ) {
        if written.bytes().contains(&b'$') {
            let template = std::mem::take(&mut self.scratch).parse_reusing(written.bytes());
            self.expand_template(written, &template, kind, texts);
            self.scratch = template.recycle();
        } else {
            texts.push(TaintedBytes::literal(written.bytes()));
        }
    }

    fn expand_template(
        &mut self,
        written: &'l SourceText,
        template: &Template<'l>,
        kind: ArgumentKind<'l>,
        texts: &mut Vec<TaintedBytes>,
    ) {
        self.lints(written, template);
        self.lint_unset(written, template, kind);
        template.references().for_each(|reference| self.uses.note(reference.name, written.argument()));
        let unset = if self.strict { UnsetPolicy::Error } else { UnsetPolicy::Empty };
        if let Err(errors) = template.expand_into(texts, &mut self.variables, unset, &mut self.budget) {
            for error in errors {
                if self.is_reported(&error) {
                    continue;
                }
                let hint = self.hint(&error);
                let diagnostic = Diagnostic::at(written, error.span.clone(), error.to_string());
                self.problem(diagnostic.append(&hint));
            }
            texts.push(TaintedBytes::literal(written.bytes()));
        }
    }

    /// Whether the defaults file already reports that the variable is required and not set.
    fn is_reported(&self, error: &ExpansionError) -> bool {
        error.is_unset()
            && error.variable.as_deref().is_some_and(|name| self.variables.is_reported_missing(name))
    }

    /// A hint at the variable that was probably intended, if the error is an unset variable.
    fn hint(&mut self, error: &ExpansionError) -> String {
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
