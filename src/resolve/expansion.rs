//! Expands what was written, and tells what is wrong with it.

use crate::diagnostic::{Diagnostic, SourceText};
use crate::resolve::Resolver;
use crate::template::{Missing, Problem, ProblemKind, Severity, TaintedBytes, Template, UnsetPolicy};
use crate::text::suggest::suggestion;

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
        self.expand_template(written, &template, &mut texts);
        texts.pop().filter(|_| self.problems.len() == before)
    }

    /// Adds the arguments that an argument becomes.
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
        template.references().for_each(|reference| self.uses.note(reference.name, written.argument()));
        let unset = if self.strict { UnsetPolicy::Error } else { UnsetPolicy::Empty };
        if let Err(problems) = template.expand_into(texts, &mut self.variables, unset) {
            for problem in problems {
                let suggest = self.suggest(&problem);
                let diagnostic = Diagnostic::at(written, problem.span.clone(), problem.to_string());
                self.problem(diagnostic.append(&suggest));
            }
            texts.push(TaintedBytes::literal(written.bytes()));
        }
    }

    /// What name was probably meant, where one is not set.
    fn suggest(&self, problem: &Problem) -> String {
        let is_unset = match problem.kind {
            ProblemKind::Unset => true,
            ProblemKind::Required { missing, .. } => missing == Missing::Unset,
            _ => false,
        };
        let name = problem.variable.as_deref().filter(|_| is_unset);
        name.map_or(String::new(), |name| suggestion(name, self.variables.names()))
    }

    /// What was noticed in a template. What is an error always comes back from its expansion.
    fn lints(&mut self, written: &SourceText, template: &Template<'_>) {
        for finding in template.lints() {
            let diagnostic = Diagnostic::at(written, finding.span.clone(), finding.kind.to_string());
            match finding.kind.severity() {
                Severity::Malformed if self.strict => self.problem(diagnostic),
                Severity::Advice | Severity::Malformed => self.warnings.push(diagnostic),
                Severity::Error => {}
            }
        }
    }
}
