//! The references of a line and its files to variables.

use std::collections::BTreeMap;

use crate::cli::CommandLine;
use crate::diagnostic::SourceText;
use crate::explain::{ExplainedVariable, LineDefault};
use crate::plan::{ByteString, VariableSource};
use crate::template::{Reference, Scope, TaintedBytes, Template, UnsetPolicy, Usage, Value};
use crate::variables::Variables;

/// How many references to one variable are shown.
const MOST_REFERENCES: usize = 8;

/// The references of a line, by variable.
pub(super) struct References<'l>(BTreeMap<&'l str, VariableReferences<'l>>);

/// The references to one variable.
#[derive(Default)]
pub(super) struct VariableReferences<'l> {
    /// Those that are more than the name, as written.
    written: Vec<ByteString>,
    /// The first one with a default.
    default: Option<WrittenDefault<'l>>,
    /// The message of the first one that insists on a value.
    required: Option<&'l [u8]>,
}

struct WrittenDefault<'l> {
    text: &'l SourceText,
    /// The whole expansion.
    expansion: &'l [u8],
    word: &'l [u8],
}

impl<'l> References<'l> {
    /// The references of this line, and of these expansions in its files.
    pub(super) fn of(line: &'l CommandLine, in_files: &'l [SourceText]) -> Self {
        let mut all = Self(BTreeMap::new());
        for text in line.templates().chain(in_files) {
            let template = Template::parse(text.bytes());
            for reference in template.references() {
                all.0.entry(reference.name).or_default().add(text, &reference);
            }
        }
        all
    }

    /// The references to one variable.
    pub(super) fn take(&mut self, name: &str) -> VariableReferences<'l> {
        self.0.remove(name).unwrap_or_default()
    }
}

impl<'l> VariableReferences<'l> {
    fn add(&mut self, text: &'l SourceText, reference: &Reference<'l>) {
        if reference.usage == Usage::Plain && !reference.spread {
            return;
        }
        let expansion = &text.bytes()[reference.span.clone()];
        let written = ByteString(expansion.to_vec());
        if self.written.len() < MOST_REFERENCES && !self.written.contains(&written) {
            self.written.push(written);
        }
        match reference.usage {
            Usage::Default(word) | Usage::Assign(word) if self.default.is_none() => {
                self.default = Some(WrittenDefault { text, expansion, word });
            }
            Usage::Required(message) if self.required.is_none() => self.required = Some(message),
            _ => {}
        }
    }

    /// Adds to a variable what its references say of it.
    pub(super) fn describe(
        self,
        variable: &mut ExplainedVariable,
        variables: &Variables,
        show: &mut impl FnMut(&TaintedBytes) -> ByteString,
    ) {
        variable.written = self.written;
        if let Some(message) = self.required {
            variable.required = true;
            let message = Some(String::from_utf8_lossy(message).into_owned());
            let described = variable.description.take();
            variable.description = described.or(message.filter(|message| !message.is_empty()));
        }
        variable.line_default = self.default.map(|default| {
            let value =
                if variable.origin.source == VariableSource::Unset { default.value(variables) } else { None };
            LineDefault {
                word: ByteString(default.word.to_vec()),
                value: value.as_ref().map(show),
                place: default.text.origin().to_string(),
            }
        });
    }
}

impl WrittenDefault<'_> {
    /// What the expansion gives, if it gives one value.
    fn value(&self, variables: &Variables) -> Option<TaintedBytes> {
        let template = Template::parse(self.expansion);
        let mut texts = template.expand(&mut ReadOnly(variables), UnsetPolicy::Empty).ok()?;
        texts.pop().filter(|_| texts.is_empty())
    }
}

/// The variables of a line, without its assignments.
struct ReadOnly<'v>(&'v Variables);

impl Scope for ReadOnly<'_> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.0.get(name)
    }

    fn assign(&mut self, _name: &str, _value: TaintedBytes) {}

    fn allows(&self, name: &str) -> bool {
        self.0.allows(name)
    }

    fn is_false(&self, name: &str) -> bool {
        self.0.is_false(name)
    }
}
