//! From the line and the variables to a plan, or to every problem at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::cli::{self, Command, Line};
use crate::diagnostic::{Diagnostic, Written};
use crate::plan::{
    self, ByteString, Disorder, Limit, NOT_A_NAME, NOT_FOR_SETUP, Plan, Process, Ready, Restart, Settings,
    Variable,
};
use crate::signal::SignalNumber;
use crate::sys::limits::{self, Capacity};
use crate::sys::users;
use crate::template::{Missing, Problem, ProblemKind, Severity, Template, Text, UnsetPolicy};
use crate::variables::{Loaded, Variables, suggestion};

/// What becomes of a line.
#[derive(Debug)]
pub struct Resolved {
    /// What is to be executed; nothing when there are problems.
    pub plan: Option<Plan>,
    /// The same for eyes: without secrets, unless these are to be shown. What has problems is as it was written.
    pub shown: Plan,
    /// Every problem: those of the files, then those of the line in its order.
    pub problems: Vec<Diagnostic>,
    /// What looks like a mistake and is none for certain.
    pub warnings: Vec<Diagnostic>,
    /// The variables, with what the line has assigned.
    pub variables: Variables,
    /// The arguments that use each variable, in the order of their first use.
    pub uses: Vec<(String, Vec<usize>)>,
}

/// Resolves a line.
#[must_use]
pub fn resolve(line: &Line, loaded: Loaded, capacity: Capacity) -> Resolved {
    let (global, settings) = (&line.global, loaded.settings);
    let strict = global.strict.or(settings.strict).unwrap_or(false);
    let mut resolver = Resolver {
        strict,
        shows_secrets: global.show_secrets,
        variables: loaded.variables,
        capacity,
        problems: Vec::new(),
        warnings: Vec::new(),
        uses: Vec::new(),
        places: BTreeMap::new(),
        is_masked: false,
    };
    // In the order in which it is written, since `${NAME:=word}` works from left to right.
    let setup = resolver.commands(&line.setup);
    let processes = resolver.commands(&line.processes);
    resolver.check_setup(&line.setup);
    resolver.check_order(&line.processes, &processes, &setup);
    resolver.problems.sort_by_key(Diagnostic::place);
    // Those of the files first, each file's in its own order.
    let problems: Vec<Diagnostic> = loaded.problems.into_iter().chain(resolver.problems).collect();
    let plan = |setup, processes, masked| Plan {
        version: plan::VERSION,
        masked,
        setup,
        processes,
        settings: Settings {
            grace_ms: global.grace.or(settings.grace),
            output: global.output.or(settings.output).unwrap_or_default(),
            strict,
            verbosity: global.verbosity.or(settings.verbosity).unwrap_or_default(),
            ready_fd: global.ready_fd,
        },
        variables: variables(&resolver.variables, &resolver.uses),
        warnings: resolver.warnings.iter().map(ToString::to_string).collect(),
        problems: problems.iter().map(ToString::to_string).collect(),
    };
    let (setup, shown_setup) = setup.into_iter().map(|both| (both.real, both.shown)).unzip();
    let (processes, shown_processes) = processes.into_iter().map(|both| (both.real, both.shown)).unzip();
    Resolved {
        plan: problems.is_empty().then(|| plan(setup, processes, false)),
        shown: plan(shown_setup, shown_processes, resolver.is_masked),
        problems,
        warnings: resolver.warnings,
        variables: resolver.variables,
        uses: resolver.uses,
    }
}

/// The variables that the line uses. Only at its end is known what the line itself assigns.
fn variables(variables: &Variables, uses: &[(String, Vec<usize>)]) -> Vec<Variable> {
    let variable = |name: &String| Variable {
        name: name.clone(),
        source: variables.source(name),
        secret: variables.holds_secret(name),
    };
    uses.iter().map(|(name, _)| variable(name)).collect()
}

/// A command as it is executed, and as it is shown.
struct Both {
    real: Process,
    shown: Process,
}

struct Resolver {
    strict: bool,
    variables: Variables,
    capacity: Capacity,
    problems: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    shows_secrets: bool,
    uses: Vec<(String, Vec<usize>)>,
    /// Where each variable stands among the uses.
    places: BTreeMap<String, usize>,
    /// Whether anything had to be masked.
    is_masked: bool,
}

impl Resolver {
    fn commands(&mut self, commands: &[Command]) -> Vec<Both> {
        let mut names = BTreeSet::new();
        let mut all: Vec<Both> = commands.iter().map(|command| self.command(command, &mut names)).collect();
        // A name that is given stays, wherever in the line; those that are made up keep out of its way.
        for both in &mut all {
            if both.real.name.is_empty() {
                both.real.name = unique(&base_name(&both.shown.name), &names);
                names.insert(both.real.name.clone());
            }
            both.shown.name.clone_from(&both.real.name);
        }
        all
    }

    /// One command. What of it has problems is shown as it was written. Without a name that is given the real one is
    /// empty, and the shown one is the program, without secrets; `names` are those that were given so far.
    fn command(&mut self, command: &Command, names: &mut BTreeSet<String>) -> Both {
        let name = self.option(command.name.as_ref(), |value| {
            let given = name(value.bytes())?;
            if !names.insert(given.clone()) {
                return Err("another process has this name; names are unique".to_owned());
            }
            if !value.has_secret() {
                return Ok(given);
            }
            // Notices show names, so that no secret can be one.
            let masked = unique(&String::from_utf8_lossy(&value.masked()), names);
            names.insert(masked.clone());
            Ok(masked)
        });
        let stop_signal = self.option(command.stop_signal.as_ref(), |value| {
            let signal = text(value.bytes())?.parse::<SignalNumber>().map_err(|error| error.to_string())?;
            Ok((signal, value.has_secret()))
        });
        let stop_timeout = self.option(command.stop_timeout.as_ref(), |value| {
            Ok((stop_timeout(value.bytes())?, value.has_secret()))
        });
        let user = self.option(command.user.as_ref(), |value| {
            users::identity(value.bytes()).map_err(|error| error.to_string())?;
            Ok(value.clone())
        });
        let workdir = self.option(command.workdir.as_ref(), |value| {
            if value.is_empty() {
                Err("the working directory is empty".to_owned())
            } else {
                Ok(value.clone())
            }
        });
        let restart = self.option(command.restart.as_ref(), |value| {
            let restart = text(value.bytes())?.parse::<Restart>().map_err(|error| error.to_string())?;
            Ok((restart, value.has_secret()))
        });
        let ready =
            self.option(command.ready.as_ref(), |value| Ok((Ready::read(value.bytes())?, value.clone())));
        let ready_template = command.ready.as_ref().map(|written| ByteString(written.bytes().to_vec()));
        let after = command
            .after
            .iter()
            .map(|written| self.option(Some(written), |value| self::name(&value.masked())));
        // What is wrong keeps its place in the list, as a name that nothing has.
        let after: Vec<String> = after.map(Option::unwrap_or_default).collect();
        let env = self.environment(&command.assignments);
        let argv = self.words(&command.words);
        self.check_whole(command, &argv, &env);
        let program = argv.first().map(|program| String::from_utf8_lossy(&program.masked()).into_owned());
        let template: Vec<_> = command.words.iter().map(|word| ByteString(word.bytes().to_vec())).collect();
        let shown = Process {
            name: program.unwrap_or_default(),
            template: template.clone(),
            argv: argv.iter().map(|value| self.shown(value)).collect(),
            env: env.iter().map(|(name, value)| (name.clone(), self.shown(value))).collect(),
            stop_signal: self.unless_secret(stop_signal),
            stop_timeout_ms: self.unless_secret(stop_timeout),
            user: user.as_ref().map(|value| self.shown(value)),
            workdir: workdir.as_ref().map(|value| self.shown(value)),
            tty: command.tty,
            restart: self.unless_secret(restart).unwrap_or_default(),
            ready: self.shown_ready(ready.as_ref()),
            ready_template: ready_template.clone(),
            after: after.clone(),
        };
        let real = |value: Text| ByteString(value.into_bytes());
        let real = Process {
            name: name.unwrap_or_default(),
            argv: argv.into_iter().map(real).collect(),
            env: env.into_iter().map(|(name, value)| (name, real(value))).collect(),
            stop_signal: stop_signal.map(|(signal, _)| signal),
            stop_timeout_ms: stop_timeout.map(|(limit, _)| limit),
            user: user.map(real),
            workdir: workdir.map(real),
            template,
            tty: command.tty,
            restart: restart.map(|(restart, _)| restart).unwrap_or_default(),
            ready: ready.map(|(ready, _)| ready),
            ready_template,
            after,
        };
        Both { real, shown }
    }

    /// A value for eyes.
    fn shown(&mut self, value: &Text) -> ByteString {
        if self.shows_secrets || !value.has_secret() {
            return ByteString(value.bytes().to_vec());
        }
        self.is_masked = true;
        ByteString(value.masked())
    }

    /// How it tells that it is ready, for eyes; left out where that does not make sense any more without the secrets.
    fn shown_ready(&mut self, ready: Option<&(Ready, Text)>) -> Option<Ready> {
        let (ready, value) = ready?;
        if self.shows_secrets || !value.has_secret() {
            return Some(ready.clone());
        }
        self.is_masked = true;
        Ready::read(&value.masked()).ok()
    }

    /// What cannot be masked is left out.
    fn unless_secret<T>(&mut self, value: Option<(T, bool)>) -> Option<T> {
        let (value, secret) = value?;
        let is_hidden = secret && !self.shows_secrets;
        self.is_masked |= is_hidden;
        (!is_hidden).then_some(value)
    }

    /// Options that make no sense for a setup command.
    fn check_setup(&mut self, setup: &[Command]) {
        for command in setup {
            for written in command.restart.iter().chain(&command.ready).chain(&command.after) {
                self.problem(Diagnostic::about(written, NOT_FOR_SETUP));
            }
        }
    }

    /// Who waits for whom: names that nothing has, and circles.
    fn check_order(&mut self, commands: &[Command], processes: &[Both], setup: &[Both]) {
        if commands.iter().all(|command| command.after.is_empty()) {
            return;
        }
        let real: Vec<Process> = processes.iter().map(|both| both.real.clone()).collect();
        let is_setup = |name: &String| setup.iter().any(|both| both.real.name == *name);
        for disorder in plan::disorders(&real) {
            let (written, message) = match disorder {
                // It has a problem of its own already.
                Disorder::Unknown(process, place) if real[process].after[place].is_empty() => continue,
                Disorder::Unknown(process, place) => {
                    let name = &real[process].after[place];
                    let message = if is_setup(name) {
                        "this is a setup command, and they are over before any process is started".to_owned()
                    } else {
                        let near = suggestion(name, real.iter().map(|process| process.name.as_str()));
                        format!("there is no process of this name{near}")
                    };
                    (&commands[process].after[place], message)
                }
                Disorder::Circle(circle) => self::circle(commands, &real, &circle),
            };
            self.problem(Diagnostic::about(written, message));
        }
    }

    /// The variables that every process has, then the `NAME=VALUE` words; of two with one name the last counts, as in
    /// a shell.
    fn environment(&mut self, assignments: &[(String, Written)]) -> BTreeMap<String, Text> {
        let exported = self.variables.exported().into_iter();
        let mut env: BTreeMap<String, Text> =
            exported.map(|(name, value)| (name.to_owned(), value.to_text())).collect();
        for (name, value) in assignments {
            if let Some(value) = self.one(value) {
                self.check_size(name.len() + 1, &value);
                env.insert(name.clone(), value.text);
            }
        }
        env
    }

    /// PROGRAM and its arguments.
    fn words(&mut self, words: &[Written]) -> Vec<Text> {
        let before = self.problems.len();
        let mut argv = Vec::with_capacity(words.len());
        for written in words {
            for value in self.expand(written) {
                self.check_size(0, &value);
                argv.push(value.text);
            }
        }
        if self.problems.len() == before && argv.first().is_none_or(Text::is_empty) {
            let what = "the program is empty: nothing is left of it when it is expanded";
            words.iter().take(1).for_each(|program| self.problem(Diagnostic::about(program, what)));
        }
        // What has problems is shown, and a program that is empty cannot be.
        if argv.first().is_none_or(Text::is_empty) {
            argv.splice(..argv.len().min(1), words.first().map(as_written));
        }
        argv
    }

    /// The value of an option, read.
    fn option<T>(
        &mut self,
        written: Option<&Written>,
        read: impl FnOnce(&Text) -> Result<T, String>,
    ) -> Option<T> {
        let written = written?;
        let value = self.one(written)?;
        read(&value.text).map_err(|message| self.problem(Diagnostic::about(written, message))).ok()
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
            return vec![Expanded { written, text: as_written(written), largest: None }];
        }
        self.findings(written, template);
        let largest = self.note_variables(written, template);
        let unset = if self.strict { UnsetPolicy::Error } else { UnsetPolicy::Empty };
        match template.expand(&mut self.variables, unset) {
            Ok(texts) => {
                texts.into_iter().map(|text| Expanded { written, text, largest: largest.clone() }).collect()
            }
            Err(problems) => {
                for problem in problems {
                    let near = self.near(&problem);
                    let diagnostic = Diagnostic::at(written, problem.span.clone(), problem.to_string());
                    self.problem(diagnostic.and(&near));
                }
                vec![Expanded { written, text: as_written(written), largest }]
            }
        }
    }

    /// What name was probably meant, where one is not set.
    fn near(&self, problem: &Problem) -> String {
        let is_unset = match problem.kind {
            ProblemKind::Unset => true,
            ProblemKind::Required { missing, .. } => missing == Missing::Unset,
            _ => false,
        };
        let name = problem.variable.as_deref().filter(|_| is_unset);
        name.map_or(String::new(), |name| suggestion(name, self.variables.names()))
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
    fn note_variables(&mut self, written: &Written, template: &Template) -> Option<String> {
        let mut largest: Option<(usize, &str)> = None;
        for reference in template.references() {
            let name = reference.name;
            let place = *self.places.entry(name.to_owned()).or_insert(self.uses.len());
            if place == self.uses.len() {
                self.uses.push((name.to_owned(), Vec::new()));
            }
            let arguments = &mut self.uses[place].1;
            if arguments.last() != Some(&written.argument()) {
                arguments.push(written.argument());
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
        if value.text.bytes().contains(&0) {
            self.problem(Diagnostic::about(
                written,
                value.blame("a NUL character, which no program can be given"),
            ));
        }
        if name + value.text.len() >= self.capacity.string {
            let what = format!(
                "{} bytes, and one argument or variable can have {}",
                value.text.len(),
                self.capacity.string - 1
            );
            self.problem(Diagnostic::about(written, value.blame(&what)));
        }
    }

    /// What it would refuse for all strings together.
    fn check_whole(&mut self, command: &Command, argv: &[Text], env: &BTreeMap<String, Text>) {
        let arguments: usize = argv.iter().map(|argument| limits::cost(argument.len())).sum();
        let own: usize = env.iter().map(|(name, value)| limits::cost(name.len() + 1 + value.len())).sum();
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

/// Where a circle can be shown, and what is wrong with it.
fn circle<'c>(commands: &'c [Command], processes: &[Process], circle: &[usize]) -> (&'c Written, String) {
    let name = |place: usize| processes[circle[place % circle.len()]].name.as_str();
    let place = processes[circle[0]].after.iter().position(|after| after == name(1)).unwrap_or_default();
    let message = if circle.len() == 1 {
        "a process cannot wait for itself".to_owned()
    } else {
        let waits: Vec<&str> = (1..=circle.len()).map(name).collect();
        format!(
            "{} waits for {}: none of them would ever be started",
            name(0),
            waits.join(", which waits for ")
        )
    };
    (&commands[circle[0]].after[place], message)
}

/// One value and where it comes from.
struct Expanded<'w> {
    written: &'w Written,
    text: Text,
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

fn as_written(written: &Written) -> Text {
    let mut text = Text::new();
    text.push_literal(written.bytes());
    text
}

/// The base name of a program.
fn base_name(program: &str) -> String {
    let base = Path::new(program).file_name().unwrap_or(program.as_ref()).to_string_lossy();
    base.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// A name; with `.2`, `.3` and so on where another one has it.
fn unique(base: &str, taken: &BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{base}.{number}"));
    let mut all = std::iter::once(base.to_owned()).chain(numbered);
    all.find(|name| !taken.contains(name)).unwrap_or_default()
}
