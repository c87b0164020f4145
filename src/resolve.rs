//! From the line and the variables to a plan, or to every problem at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::cli::{self, Command, Line};
use crate::diagnostic::{Diagnostic, Written};
use crate::plan::{self, ByteString, Limit, NOT_A_NAME, Output, Plan, Process, Settings, Variable};
use crate::signal::SignalNumber;
use crate::sys::limits::{self, Capacity};
use crate::sys::users;
use crate::template::{Severity, Template, UnsetPolicy};
use crate::variables::{Loaded, Variables};

/// What keeps a line from becoming a plan.
#[derive(Debug)]
pub struct Rejection {
    /// Every problem, in the order of the line.
    pub problems: Vec<Diagnostic>,
    /// What would have been a warning.
    pub warnings: Vec<Diagnostic>,
}

/// Resolves a line.
///
/// # Errors
/// When it has problems; all of them.
pub fn resolve(line: &Line, loaded: Loaded, capacity: Capacity) -> Result<Plan, Rejection> {
    let strict = line.global.strict.or(loaded.settings.strict).unwrap_or(false);
    let mut resolver = Resolver {
        strict,
        variables: loaded.variables,
        capacity,
        problems: Vec::new(),
        warnings: Vec::new(),
        used: Vec::new(),
        seen: BTreeSet::new(),
    };
    // In the order in which it is written, since `${NAME:=word}` works from left to right.
    let setup = resolver.commands(&line.setup);
    let processes = resolver.commands(&line.processes);
    resolver.problems.sort_by_key(Diagnostic::place);
    // Those of the files first, each file's in its own order.
    let problems: Vec<Diagnostic> = loaded.problems.into_iter().chain(resolver.problems).collect();
    if !problems.is_empty() {
        return Err(Rejection { problems, warnings: resolver.warnings });
    }
    // Only now is known what the line itself assigns.
    for variable in &mut resolver.used {
        variable.source = resolver.variables.source(&variable.name);
    }
    Ok(Plan {
        version: plan::VERSION,
        masked: false,
        setup,
        processes,
        settings: Settings {
            grace_ms: line.global.grace.or(loaded.settings.grace),
            output: Output::Raw,
            strict,
            verbosity: line.global.verbosity.or(loaded.settings.verbosity).unwrap_or_default(),
        },
        variables: resolver.used,
        warnings: resolver.warnings.iter().map(ToString::to_string).collect(),
    })
}

struct Resolver {
    strict: bool,
    variables: Variables,
    capacity: Capacity,
    problems: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    used: Vec<Variable>,
    seen: BTreeSet<String>,
}

impl Resolver {
    fn commands(&mut self, commands: &[Command]) -> Vec<Process> {
        let mut names = BTreeSet::new();
        let resolved = commands.iter().map(|command| self.command(command, &mut names));
        let mut processes: Vec<Process> = resolved.collect::<Vec<_>>().into_iter().flatten().collect();
        // A name that is given stays, wherever in the line; those that are made up keep out of its way.
        for process in processes.iter_mut().filter(|process| process.name.is_empty()) {
            process.name = default_name(&process.argv, &names);
            names.insert(process.name.clone());
        }
        processes
    }

    /// One command; nothing if that has problems. Everything in it is looked at all the same. Its name is empty if
    /// none is given; `names` are those that were, so far.
    fn command(&mut self, command: &Command, names: &mut BTreeSet<String>) -> Option<Process> {
        let before = self.problems.len();
        let name = self.option(command.name.as_ref(), |value| {
            let name = name(value)?;
            let is_new = names.insert(name.clone());
            if is_new { Ok(name) } else { Err("another process has this name; names are unique".to_owned()) }
        });
        let stop_signal = self.option(command.stop_signal.as_ref(), |value| {
            text(value).and_then(|text| text.parse::<SignalNumber>().map_err(|error| error.to_string()))
        });
        let stop_timeout_ms = self.option(command.stop_timeout.as_ref(), stop_timeout);
        let user = self.option(command.user.as_ref(), |value| {
            users::identity(value).map_err(|error| error.to_string())?;
            Ok(ByteString(value.to_vec()))
        });
        let workdir = self.option(command.workdir.as_ref(), |value| {
            if value.is_empty() {
                Err("the working directory is empty".to_owned())
            } else {
                Ok(ByteString(value.to_vec()))
            }
        });
        let env = self.environment(&command.assignments);
        let argv = self.words(&command.words);
        self.check_whole(command, &argv, &env);
        (self.problems.len() == before).then(|| Process {
            name: name.unwrap_or_default(),
            template: command.words.iter().map(|word| ByteString(word.bytes().to_vec())).collect(),
            argv,
            env,
            stop_signal,
            stop_timeout_ms,
            user,
            workdir,
            tty: false,
            restart: plan::Restart::No,
            ready: None,
            after: Vec::new(),
        })
    }

    /// The variables that every process has, then the `NAME=VALUE` words; of two with one name the last counts, as in a shell.
    fn environment(&mut self, assignments: &[(String, Written)]) -> BTreeMap<String, ByteString> {
        let exported = self.variables.exported();
        let mut env: BTreeMap<String, ByteString> = exported
            .into_iter()
            .map(|(name, value)| (name.to_owned(), ByteString(value.to_text().into_bytes())))
            .collect();
        for (name, value) in assignments {
            if let Some(value) = self.one(value) {
                self.check_size(name.len() + 1, &value);
                env.insert(name.clone(), ByteString(value.bytes));
            }
        }
        env
    }

    /// PROGRAM and its arguments.
    fn words(&mut self, words: &[Written]) -> Vec<ByteString> {
        let before = self.problems.len();
        let mut argv = Vec::with_capacity(words.len());
        for written in words {
            for value in self.expand(written) {
                self.check_size(0, &value);
                argv.push(ByteString(value.bytes));
            }
        }
        if self.problems.len() == before && argv.first().is_none_or(|program| program.0.is_empty()) {
            let what = "the program is empty: nothing is left of it when it is expanded";
            words.iter().take(1).for_each(|program| self.problem(Diagnostic::about(program, what)));
        }
        argv
    }

    /// The value of an option, read.
    fn option<T>(
        &mut self,
        written: Option<&Written>,
        read: impl FnOnce(&[u8]) -> Result<T, String>,
    ) -> Option<T> {
        let written = written?;
        let value = self.one(written)?;
        read(&value.bytes).map_err(|message| self.problem(Diagnostic::about(written, message))).ok()
    }

    /// What has to be one value: a spread cannot be.
    fn one<'w>(&mut self, written: &'w Written) -> Option<Expanded<'w>> {
        let template = Template::parse(written.bytes());
        if let Some(spread) = template.references().find(|reference| reference.spread) {
            let what = "a spread is several arguments, and here is room for one value";
            self.problem(Diagnostic::at(written, spread.span, what));
            return None;
        }
        let before = self.problems.len();
        self.expand_template(written, &template).pop().filter(|_| self.problems.len() == before)
    }

    fn expand<'w>(&mut self, written: &'w Written) -> Vec<Expanded<'w>> {
        self.expand_template(written, &Template::parse(written.bytes()))
    }

    fn expand_template<'w>(&mut self, written: &'w Written, template: &Template) -> Vec<Expanded<'w>> {
        if template.is_literal() && template.findings().is_empty() {
            return vec![Expanded { written, bytes: written.bytes().to_vec(), largest: None }];
        }
        self.findings(written, template);
        let largest = self.note_variables(template);
        let unset = if self.strict { UnsetPolicy::Error } else { UnsetPolicy::Empty };
        match template.expand(&mut self.variables, unset) {
            Ok(texts) => texts
                .into_iter()
                .map(|text| Expanded { written, bytes: text.into_bytes(), largest: largest.clone() })
                .collect(),
            Err(problems) => {
                for problem in problems {
                    self.problem(Diagnostic::at(written, problem.span.clone(), problem.to_string()));
                }
                Vec::new()
            }
        }
    }

    /// What was noticed in a template. What is an error always comes back from its expansion.
    fn findings(&mut self, written: &Written, template: &Template) {
        for finding in template.findings() {
            let diagnostic = Diagnostic::at(written, finding.span.clone(), finding.kind.to_string());
            match finding.kind.severity() {
                Severity::Malformed if self.strict => self.problem(diagnostic),
                Severity::Advice | Severity::Malformed => self.warnings.push(diagnostic),
                Severity::Error => {}
            }
        }
    }

    /// Notes which variables the line uses. Returns the one with the largest value.
    fn note_variables(&mut self, template: &Template) -> Option<String> {
        let mut largest: Option<(usize, &str)> = None;
        for reference in template.references() {
            let name = reference.name;
            if self.seen.insert(name.to_owned()) {
                let source = self.variables.source(name);
                self.used.push(Variable { name: name.to_owned(), source, secret: false });
            }
            let size = self.variables.size(name);
            if largest.is_none_or(|(most, _)| size > most) {
                largest = Some((size, name));
            }
        }
        largest.filter(|(size, _)| *size > 0).map(|(_, name)| name.to_owned())
    }

    /// What execve(2) would refuse for one string, found before anything is started.
    fn check_size(&mut self, name: usize, value: &Expanded<'_>) {
        let written = value.written;
        if value.bytes.contains(&0) {
            self.problem(Diagnostic::about(
                written,
                value.blame("a NUL character, which no program can be given"),
            ));
        }
        if name + value.bytes.len() >= self.capacity.string {
            let what = format!(
                "{} bytes, and one argument or variable can have {}",
                value.bytes.len(),
                self.capacity.string - 1
            );
            self.problem(Diagnostic::about(written, value.blame(&what)));
        }
    }

    /// What it would refuse for all strings together.
    fn check_whole(&mut self, command: &Command, argv: &[ByteString], env: &BTreeMap<String, ByteString>) {
        let arguments: usize = argv.iter().map(|argument| limits::cost(argument.0.len())).sum();
        let own: usize = env.iter().map(|(name, value)| limits::cost(name.len() + 1 + value.0.len())).sum();
        let whole = arguments + own + self.capacity.environment;
        let Some(program) = command.words.first() else { return };
        if whole > self.capacity.whole {
            let largest = self
                .largest_variable(command)
                .map_or(String::new(), |name| format!("; most of it is {name}"));
            let what = format!(
                "its arguments and its environment have {whole} bytes, and all together can have {}; of these the \
                 environment of monofy has {}{largest}",
                self.capacity.whole, self.capacity.environment
            );
            self.problem(Diagnostic::about(program, what));
        }
    }

    /// The variable with the largest value in all of a command.
    fn largest_variable(&self, command: &Command) -> Option<String> {
        let values = command.assignments.iter().map(|(_, value)| value);
        let templates: Vec<Template> =
            command.words.iter().chain(values).map(|written| Template::parse(written.bytes())).collect();
        let names = templates.iter().flat_map(Template::references).map(|reference| reference.name);
        names.max_by_key(|name| self.variables.size(name)).map(str::to_owned)
    }

    fn problem(&mut self, diagnostic: Diagnostic) {
        self.problems.push(diagnostic);
    }
}

/// One value and where it comes from.
struct Expanded<'w> {
    written: &'w Written,
    bytes: Vec<u8>,
    largest: Option<String>,
}

impl Expanded<'_> {
    /// Names the variable at fault, if one is.
    fn blame(&self, what: &str) -> String {
        match &self.largest {
            Some(name) => format!("the value of {name} makes this {what}"),
            None => format!("this has {what}"),
        }
    }
}

fn text(value: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(value).map_err(|_| "the value is not UTF-8".to_owned())
}

fn name(value: &[u8]) -> Result<String, String> {
    let name = text(value)?;
    if plan::is_name(name) { Ok(name.to_owned()) } else { Err(NOT_A_NAME.to_owned()) }
}

fn stop_timeout(value: &[u8]) -> Result<Limit, String> {
    cli::limit(text(value)?).map_err(str::to_owned)
}

/// The base name of PROGRAM; `.2`, `.3` and so on where another one has it.
fn default_name(argv: &[ByteString], taken: &BTreeSet<String>) -> String {
    let program = argv.first().map(ByteString::as_os_str).unwrap_or_default();
    let base = Path::new(program).file_name().unwrap_or(program).to_string_lossy();
    let base: String = base.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    let numbered = (2..).map(|number| format!("{base}.{number}"));
    std::iter::once(base.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(base)
}
