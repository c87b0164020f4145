//! Finds what execve(2) would refuse for its size, before anything is started.

use std::collections::BTreeMap;

use crate::cli::CommandArgs;
use crate::diagnostic::{Diagnostic, Origin, SourceText};
use crate::plan::ByteString;
use crate::resolve::Resolver;
use crate::sys::limits;
use crate::template::{TaintedBytes, Template};

const NUL: &str = "a NUL character, which no program can receive";

impl Resolver<'_> {
    /// Checks one string. `prefix` is the length of the text before the value.
    pub(super) fn check_size(&mut self, prefix: usize, written: &SourceText, value: &TaintedBytes) {
        if value.bytes().contains(&0) {
            self.size_problem(written, NUL);
        }
        if prefix + value.len() >= self.capacity.string {
            let most = self.capacity.string - 1;
            let message = format!("{} bytes, and one argument or variable can have {most}", value.len());
            self.size_problem(written, &message);
        }
    }

    /// Reports a string, with the variable at fault if there is one.
    fn size_problem(&mut self, written: &SourceText, message: &str) {
        let message = match self.largest([written]) {
            Some((name, _)) => format!("the value of {name} makes this {message}"),
            None => format!("this has {message}"),
        };
        self.problem(Diagnostic::about(written, message));
    }

    /// Checks the variables of env files and those with `export`, which every process gets.
    pub(super) fn check_exported(&mut self) {
        for (name, value) in std::mem::take(&mut self.exported) {
            let message = if value.bytes().contains(&0) {
                Some(NUL.to_owned())
            } else if name.len() + 1 + value.len() >= self.capacity.string {
                let most = self.capacity.string - name.len() - 2;
                Some(format!("{} bytes, and its value can have {most}", value.len()))
            } else {
                None
            };
            match message {
                None => _ = self.exported.insert(name, value),
                Some(message) => {
                    let place = self.variables.info(&name).source.1;
                    let place = place.map_or(String::new(), |place| format!(" ({place})"));
                    let message = format!("the environment variable {name}{place} has {message}");
                    self.problem(Diagnostic::without_excerpt(Origin::Folder, message));
                }
            }
        }
    }

    /// Checks all strings of a command together.
    pub(super) fn check_total_size(
        &mut self,
        command: &CommandArgs,
        argv: &[TaintedBytes],
        env: &BTreeMap<String, TaintedBytes>,
    ) {
        let Some(program) = command.words.first() else { return };
        let path = argv.first().map_or(0, |program| limits::longest_path(program.bytes()));
        let arguments = path + argv.iter().map(|argument| limits::cost(argument.len())).sum::<usize>();
        self.check_total(program, command, arguments, env);
    }

    /// Checks the strings of the command of an `exec:` check.
    pub(super) fn check_command_size(
        &mut self,
        written: &SourceText,
        words: &[ByteString],
        env: &BTreeMap<String, TaintedBytes>,
    ) {
        let most = self.capacity.string - 1;
        if let Some(word) = words.iter().find(|word| word.0.len() > most) {
            let message =
                format!("{} bytes in one argument of the command, which can have {most}", word.0.len());
            return self.size_problem(written, &message);
        }
        let path = words.first().map_or(0, |program| limits::longest_path(&program.0));
        let arguments = path + words.iter().map(|word| limits::cost(word.0.len())).sum::<usize>();
        self.check_total(written, &CommandArgs::default(), arguments, env);
    }

    fn check_total(
        &mut self,
        at: &SourceText,
        command: &CommandArgs,
        arguments: usize,
        env: &BTreeMap<String, TaintedBytes>,
    ) {
        let cost = |(name, value): (&String, &TaintedBytes)| limits::cost(name.len() + 1 + value.len());
        let own: usize = env.iter().map(cost).sum();
        if arguments + own + self.capacity.environment <= self.capacity.whole {
            return;
        }
        // Counted again without the inherited variables that the command's own replace.
        let inherited = limits::environment_size(|name| !env.contains_key(name));
        let whole = arguments + own + inherited.total;
        if whole <= self.capacity.whole {
            return;
        }
        let values = command.assignments.iter().map(|(_, value)| value);
        let of_line = self.largest(command.words.iter().chain(values).chain([at]));
        let of_exported = self.exported.iter().map(|(name, value)| (name.clone(), value.len()));
        let candidates = of_line.into_iter().chain(of_exported).chain(inherited.largest);
        let largest = candidates.max_by_key(|(_, size)| *size);
        let largest =
            largest.map_or(String::new(), |(name, size)| format!("; the largest is {name} with {size}"));
        let message = format!(
            "its arguments and its environment have {whole} bytes, and all together can have {}; the environment of \
             monofy has {} of them{largest}",
            self.capacity.whole, inherited.total
        );
        self.problem(Diagnostic::about(at, message));
    }

    /// The variable with the largest value of all that these templates refer to, and the size of that.
    fn largest<'w>(&self, templates: impl IntoIterator<Item = &'w SourceText>) -> Option<(String, usize)> {
        let mut largest = (0, None);
        for written in templates {
            for reference in Template::parse(written.bytes()).references() {
                let size = self.variables.size(reference.name);
                if size > largest.0 {
                    largest = (size, Some(reference.name));
                }
            }
        }
        largest.1.map(|name| (name.to_owned(), largest.0))
    }
}
