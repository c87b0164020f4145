//! What execve(2) would refuse, found before anything is started.

use std::collections::BTreeMap;

use crate::cli::Command;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::resolve::Resolver;
use crate::sys::limits;
use crate::template::{TaintedBytes, Template};

impl Resolver<'_> {
    /// What it would refuse for one string; `name` is how long what stands in front of it is.
    pub(super) fn check_size(&mut self, name: usize, written: &SourceText, value: &TaintedBytes) {
        if value.bytes().contains(&0) {
            self.size_error(written, "a NUL character, which no program can be given");
        }
        if name + value.len() >= self.capacity.string {
            let most = self.capacity.string - 1;
            let what = format!("{} bytes, and one argument or variable can have {most}", value.len());
            self.size_error(written, &what);
        }
    }

    /// Names the variable at fault, if one is.
    fn size_error(&mut self, written: &SourceText, what: &str) {
        let message = match self.largest([written]) {
            Some(name) => format!("the value of {name} makes this {what}"),
            None => format!("this has {what}"),
        };
        self.problem(Diagnostic::about(written, message));
    }

    /// What it would refuse for all strings together.
    pub(super) fn check_whole(
        &mut self,
        command: &Command,
        argv: &[TaintedBytes],
        env: &BTreeMap<String, TaintedBytes>,
    ) {
        let arguments: usize = argv.iter().map(|argument| limits::cost(argument.len())).sum();
        let own: usize = env.iter().map(|(name, value)| limits::cost(name.len() + 1 + value.len())).sum();
        let whole = arguments + own + self.capacity.environment;
        let Some(program) = command.words.first() else { return };
        if whole > self.capacity.whole {
            let values = command.assignments.iter().map(|(_, value)| value);
            let largest = self
                .largest(command.words.iter().chain(values))
                .map_or(String::new(), |name| format!("; most of it is {name}"));
            let what = format!(
                "its arguments and its environment have {whole} bytes, and all together can have {}; of these the \
                 environment of monofy has {}{largest}",
                self.capacity.whole, self.capacity.environment
            );
            self.problem(Diagnostic::about(program, what));
        }
    }

    /// The variable with the largest value of all that these templates refer to.
    fn largest<'w>(&self, templates: impl IntoIterator<Item = &'w SourceText>) -> Option<String> {
        let mut largest = (0, None);
        for written in templates {
            for reference in Template::parse(written.bytes()).references() {
                let size = self.variables.size(reference.name);
                if size > largest.0 {
                    largest = (size, Some(reference.name));
                }
            }
        }
        largest.1.map(str::to_owned)
    }
}
