//! `${NAME...}`: one expansion that becomes any number of arguments.

use crate::template::ast::{Expansion, Kind, Word};
use crate::template::expand::{Expander, LARGEST, Mode, State};
use crate::template::fields;
use crate::template::problem::ProblemKind;
use crate::template::taint::TaintedBytes;

impl<'t> Expander<'t, '_> {
    /// The arguments that a spread becomes.
    pub(in crate::template) fn spread(&mut self, expansion: &'t Expansion) -> Vec<TaintedBytes> {
        match &expansion.kind {
            Kind::Default(test, word) | Kind::Alternative(test, word) => {
                let alternative = matches!(expansion.kind, Kind::Alternative(..));
                let mut value = TaintedBytes::new();
                match self.value(expansion, *test, &mut value) {
                    State::Used if alternative => self.fields(expansion, word),
                    State::Missing(_) if alternative => Vec::new(),
                    State::Missing(_) => self.fields(expansion, word),
                    State::Used => self.split_value(expansion, &value),
                }
            }
            _ => {
                let mut value = TaintedBytes::new();
                self.expansion(expansion, Mode::Word, &mut value);
                self.split_value(expansion, &value)
            }
        }
    }

    /// The fields of the written word, each of them one argument.
    fn fields(&mut self, expansion: &Expansion, word: &'t Word) -> Vec<TaintedBytes> {
        let fields = &self.template.fields[word.content.clone()];
        let mut texts = Vec::new();
        let mut length = 0;
        for field in fields {
            let text = self.text(field, Mode::Word);
            length += text.len();
            texts.push(text);
            if length > LARGEST && !self.full {
                self.full = true;
                self.problem(expansion, ProblemKind::TooLarge);
            }
        }
        texts
    }

    /// A list was joined with shell quoting, so splitting it gives exactly its elements again.
    fn split_value(&mut self, expansion: &Expansion, value: &TaintedBytes) -> Vec<TaintedBytes> {
        fields::split_text(value).unwrap_or_else(|_| {
            self.problem(expansion, ProblemKind::UnbalancedQuote);
            Vec::new()
        })
    }
}
