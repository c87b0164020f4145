//! Expands templates, and reports their problems.

use crate::diagnostic::{Diagnostic, SourceText};
use crate::resolve::Resolver;
use crate::template::{Missing, Problem, ProblemKind, Severity, TaintedBytes, Template, UnsetPolicy};
use crate::text::suggest::suggestion;

impl<'l> Resolver<'l> {
    /// Expands a template to one value. A spread cannot be one.
    pub(super) fn one(&mut self, written: &'l SourceText) -> Option<TaintedBytes> {
        let template = Template::parse(written.bytes());
        if let Some(spread) = template.references().find(|reference| reference.spread) {
            let message = "a spread is several arguments, and only one value fits here";
            self.problem(Diagnostic::at(written, spread.span, message));
            return None;
        }
        let problems_before = self.problems.count();
        let mut texts = Vec::new();
        self.expand_template(written, &template, &mut texts);
        texts.pop().filter(|_| self.problems.count() == problems_before)
    }

    /// Expands an argument, to any number of arguments.
    pub(super) fn expand(&mut self, written: &'l SourceText, texts: &mut Vec<TaintedBytes>) {
        if written.bytes().contains(&b'$') {
            let template = std::mem::take(&mut self.scratch).parse_after(written.bytes());
            self.expand_template(written, &template, texts);
            self.scratch = template.emptied();
        } else {
            texts.push(TaintedBytes::literal(written.bytes()));
        }
    }

    fn expand_template(
        &mut self,
        written: &'l SourceText,
        template: &Template<'l>,
        texts: &mut Vec<TaintedBytes>,
    ) {
        self.lints(written, template);
        template.references().for_each(|reference| self.usage.note(reference.name, written.argument()));
        let unset = if self.strict { UnsetPolicy::Error } else { UnsetPolicy::Empty };
        if let Err(problems) = template.expand_into(texts, &mut self.variables, unset) {
            for problem in problems {
                let suggestion = self.suggestion(&problem);
                let diagnostic = Diagnostic::at(written, problem.span.clone(), problem.to_string());
                self.problem(diagnostic.append(&suggestion));
            }
            texts.push(TaintedBytes::literal(written.bytes()));
        }
    }

    /// The name that was probably meant by an unset one.
    fn suggestion(&self, problem: &Problem) -> String {
        let is_unset = match problem.kind {
            ProblemKind::Unset => true,
            ProblemKind::Required { missing, .. } => missing == Missing::Unset,
            _ => false,
        };
        let name = problem.variable.as_deref().filter(|_| is_unset);
        name.map_or(String::new(), |name| suggestion(name, self.variables.names()))
    }

    /// Reports the lints of a template. Those that are errors come back from its expansion.
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
