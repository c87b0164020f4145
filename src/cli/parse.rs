//! Parses the line, and each PROCESS of it.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::rc::Rc;

use clap::ArgMatches;
use clap::error::ErrorKind;

use crate::cli::global::{ExplainFormat, PartialOptions, SetupMode, View, ViewFormat, ViewOverride};
use crate::cli::line_file::{FirstSegment, OuterOptions};
use crate::cli::occurrences::{OptionScan, scan};
use crate::cli::options::{DEFAULTS, Position};
use crate::cli::parser::Parser;
use crate::cli::split::{LineArguments, Segment};
use crate::cli::{CommandArgs, CommandLine, GlobalOptions, Query, Request, UsageError, option_errors};
use crate::diagnostic::{Diagnostic, Origin, SourceText};
use crate::plan::{Engine, Output, Timeout, VerbosityFlags, is_variable};
use crate::variables::sources::{FileRef, SecretOption, SetOption, Sources};

/// One segment of the line, parsed.
enum Parsed {
    /// Text to print instead of running anything.
    Print(String),
    /// A query of a running instance. The command with it has to be empty.
    Query { pid: Option<i32>, query: Query, command: Box<CommandArgs> },
    /// A command.
    Segment(Box<ParsedSegment>),
}

/// The options and the command of one segment.
struct ParsedSegment {
    global: PartialOptions,
    run_plan: Option<SourceText>,
    /// `--file`
    file: Option<SourceText>,
    command: CommandArgs,
}

impl Parser<'_> {
    /// Parses the line. `around` are the options around a line that is in a file.
    pub(super) fn request(
        mut self,
        arguments: LineArguments<'_>,
        mut around: Option<OuterOptions>,
    ) -> Result<Request, UsageError> {
        let file = arguments.words.map(|words| Rc::clone(words.file()));
        let mut segments = self.split(arguments);
        let mut line = CommandLine { file, ..CommandLine::default() };
        let count = segments.len();
        for (index, segment) in segments.iter_mut().enumerate() {
            let position = if index == 0 { Position::First } else { Position::Later };
            let problems_before = self.problems.count();
            let parsed = match self.segment(segment, position)? {
                Parsed::Print(text) => return Ok(Request::Print(text)),
                Parsed::Query { pid, query, command } => {
                    if count > 1 || !command.is_empty() {
                        let message = "--health and --status query a running instance and take no PROCESS";
                        return Err(UsageError(message.to_owned()));
                    }
                    return Ok(Request::Query { pid, query });
                }
                Parsed::Segment(parsed) => parsed,
            };
            let is_valid = self.problems.count() == problems_before;
            if position == Position::First {
                match (parsed.file, around.take()) {
                    (Some(option), None) => {
                        let beside = (count > 1).then(|| segment.end()).flatten();
                        let first = FirstSegment {
                            global: parsed.global,
                            run_plan: parsed.run_plan,
                            beside,
                            command: parsed.command,
                        };
                        return self.line_file(option, first);
                    }
                    (inner, Some(outer)) => {
                        self.refuse_in_file(inner, parsed.run_plan);
                        line.global = outer.given.over(parsed.global).or_env(outer.env);
                    }
                    (None, None) => {
                        let given = parsed.global.clone();
                        line.global = parsed.global.or_env(self.env_options());
                        if let Some((option, file)) = self.run_plan(parsed.run_plan) {
                            if !self.problems.is_empty() {
                                return Err(self.error());
                            }
                            return run_plan_request(
                                option,
                                file,
                                line.global,
                                &given,
                                count,
                                &parsed.command,
                            );
                        }
                    }
                }
                self.check_image(&line.global);
            }
            if parsed.command.words.is_empty() {
                match segment.missing_program() {
                    // An option that is wrong may have been meant as the program.
                    _ if !is_valid => {}
                    // The files are all there is to do.
                    None if !line.global.render.is_empty() && parsed.command.is_empty() => {}
                    Some(missing) => self.problem(missing),
                    None if segment.is_in_file() && !self.problems.is_empty() => {}
                    None => return Err(UsageError(segment.nothing_to_run())),
                }
            } else if segment.is_setup {
                line.setup.push(parsed.command);
            } else {
                line.processes.push(parsed.command);
            }
        }
        if line.setup.is_empty() && line.processes.is_empty() && line.global.render.is_empty() {
            return Err(self.error());
        }
        (line.problems, line.warnings, line.malformed) = (self.problems, self.warnings, self.malformed);
        Ok(Request::Line(line))
    }

    /// A file for an engine names the image that it starts.
    fn check_image(&mut self, global: &GlobalOptions) {
        let Some(View::Deployment(engine)) = global.view else { return };
        match &global.image {
            None => {
                let message = format!(
                    "--plan={} needs the image that has this line as its CMD; name it with --image NAME or this variable",
                    engine.name()
                );
                self.problem(Diagnostic::without_excerpt(Origin::Variable("MONOFY_IMAGE"), message));
            }
            Some(image) if image.bytes().is_empty() || !image.bytes().iter().all(u8::is_ascii_graphic) => {
                self.problem(Diagnostic::about(image, "not the name of an image"));
            }
            Some(_) => {}
        }
    }

    /// The plan to run, and the option or the variable that names it.
    pub(super) fn run_plan(&self, option: Option<SourceText>) -> Option<(&'static str, OsString)> {
        let option = option.map(|file| ("--run-plan", OsString::from_vec(file.bytes().to_vec())));
        option.or_else(|| self.run_plan_variable().map(|file| ("MONOFY_RUN_PLAN", file)))
    }

    /// Parses one PROCESS. Invalid options become problems, and the valid ones are kept.
    fn segment(&mut self, segment: &mut Segment<'_>, position: Position) -> Result<Parsed, UsageError> {
        if segment.arguments.first().is_none_or(|argument| !argument.as_bytes().starts_with(b"-")) {
            // Without options clap has nothing to do. It would take a tenth of the time of a whole start.
            let command = self.words(segment, 0, CommandArgs::default());
            return Ok(Parsed::Segment(Box::new(ParsedSegment {
                global: PartialOptions::default(),
                run_plan: None,
                file: None,
                command,
            })));
        }
        let first = self.definitions.take(Position::First);
        let mut scan = scan(&first, segment);
        let mut clap = match position {
            Position::First => first,
            Position::Later => {
                self.definitions.keep(Position::First, first);
                self.definitions.take(Position::Later)
            }
        };
        let problems_before = self.problems.count();
        let matches = match clap.try_get_matches_from_mut(&segment.arguments[..scan.end]) {
            Ok(matches) => matches,
            Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
                return Ok(Parsed::Print(error.render().to_string()));
            }
            Err(_) => self.matches_of_valid(&mut clap, segment, &mut scan, position)?,
        };
        self.definitions.keep(position, clap);
        for (option, text) in scan.repeated() {
            let message = format!("--{option} is given twice, and takes one value");
            self.problem(Diagnostic::about(text, message));
        }
        if position == Position::First && self.problems.count() == problems_before {
            if let Some(name) = matches.get_one::<String>("schema") {
                return Ok(Parsed::Print(schema(name).to_owned()));
            }
            let is_query = matches.get_flag("health") || matches.contains_id("status");
            if is_query && segment.is_in_file() {
                let message = "--health and --status query a running instance, and this file is a line";
                let option = scan.values("status").next().cloned().or_else(|| scan.flag(segment, "health"));
                self.problem(Diagnostic::about(&option.unwrap_or_else(|| segment.literal(0)), message));
            } else if is_query {
                if scan.values("file").next().is_some() {
                    let message = "--health and --status query a running instance and take no --file";
                    return Err(UsageError(message.to_owned()));
                }
                let query = view_format(&matches, "status").map_or(Query::Health, Query::Status);
                let command = Box::new(self.command(segment, &scan, &matches));
                return Ok(Parsed::Query { pid: matches.get_one("pid").copied(), query, command });
            }
            if matches.contains_id("pid") {
                let message = "--pid selects the instance for --health and --status, and needs one of them";
                return Err(UsageError(message.to_owned()));
            }
        }
        let is_first = position == Position::First;
        Ok(Parsed::Segment(Box::new(ParsedSegment {
            global: if is_first { self.global(&scan, &matches) } else { PartialOptions::default() },
            run_plan: scan.values("run-plan").next().filter(|_| is_first).cloned(),
            file: scan.values("file").next().filter(|_| is_first).cloned(),
            command: self.command(segment, &scan, &matches),
        })))
    }

    fn global(&mut self, scan: &OptionScan, matches: &ArgMatches) -> PartialOptions {
        let on = |name: &str| matches.get_flag(name).then_some(true);
        let engine = matches.get_one::<String>("plan").and_then(|name| Engine::named(name));
        let view = engine
            .map(View::Deployment)
            .or(view_format(matches, "plan").map(View::Plan))
            .or(explain_format(matches).map(View::Explain));
        let files = |name: &str| -> Option<Vec<FileRef>> {
            // Those before an option that overrides them do not count.
            let count = matches.get_many::<OsString>(name)?.count();
            let values: Vec<SourceText> = scan.values(name).cloned().collect();
            let first = values.len().saturating_sub(count);
            Some(values.into_iter().skip(first).map(FileRef::by_option).collect())
        };
        let mut set = Vec::new();
        for text in scan.values("set") {
            match SetOption::parse(text) {
                Ok(value) => set.push(value),
                Err(problem) => self.problem(problem),
            }
        }
        let mut secrets = Vec::new();
        for text in scan.values("secret") {
            match SecretOption::parse(text) {
                Ok(secret) => secrets.push(secret),
                Err(problem) => self.problem(problem),
            }
        }
        let only = scan.values("only").next().cloned();
        if let Some(only) = only.as_ref().filter(|only| only.bytes().is_empty()) {
            self.problem(Diagnostic::about(only, "--only needs the name of a process"));
        }
        PartialOptions {
            strict: on("strict"),
            view: view.map(ViewOverride::Show),
            show_secrets: on("show-secrets"),
            no_defaults: on("no-defaults"),
            sources: Sources {
                set,
                env_files: files("env-file"),
                defaults: files("defaults"),
                no_defaults: false,
                secrets,
                ..Sources::default()
            },
            grace: matches.get_one::<Timeout>("grace").copied(),
            start_timeout: matches.get_one::<Timeout>("start-timeout").copied(),
            wait: Vec::new(),
            output: matches.get_one::<String>("output").and_then(|name| Output::named(name)),
            ready_fd: matches.get_one::<i32>("ready-fd").copied(),
            only,
            setup: matches.get_one::<String>("setup").and_then(|name| SetupMode::named(name)),
            render: Some(scan.values("render").cloned().collect::<Vec<_>>())
                .filter(|files| !files.is_empty()),
            image: scan.values("image").next_back().cloned(),
            verbosity: VerbosityFlags { quiet: on("quiet"), verbose: on("verbose") },
        }
    }

    fn command(&mut self, segment: &mut Segment<'_>, scan: &OptionScan, matches: &ArgMatches) -> CommandArgs {
        let option = |name: &str| scan.values(name).next_back().cloned();
        let command = CommandArgs {
            name: option("name"),
            stop_signal: option("stop-signal"),
            stop_timeout: option("stop-timeout"),
            user: option("user"),
            workdir: option("workdir"),
            tty: matches.get_flag("tty"),
            restart: option("restart"),
            ready: option("ready"),
            wait: scan.values("wait").cloned().collect(),
            alive: scan.values("alive").cloned().collect(),
            after: scan.values("after").cloned().collect(),
            once: scan.flag(segment, "once"),
            condition: option("if"),
            exception: option("unless"),
            creates: option("creates"),
            replicas: option("replicas"),
            umask: option("umask"),
            rewrite: scan.values("rewrite").cloned().collect(),
            is_escaped: scan.is_escaped,
            ..CommandArgs::default()
        };
        self.words(segment, scan.end, command)
    }

    /// Parses what follows the options: `NAME=VALUE` words, PROGRAM and its arguments. They are moved out of the
    /// segment.
    fn words(&mut self, segment: &mut Segment<'_>, options: usize, mut command: CommandArgs) -> CommandArgs {
        let start = if command.is_escaped { options + 1 } else { options };
        let mut words = segment.take_templates(start);
        let mut program = words.next();
        if !command.is_escaped {
            while let Some((name, value)) = program.as_ref().and_then(assignment) {
                command.assignments.push((name, value));
                program = words.next();
            }
            match &program {
                Some(word) if !command.assignments.is_empty() && word.bytes() == b"--" => {
                    command.is_escaped = true;
                    program = words.next();
                }
                Some(word) if !command.assignments.is_empty() => self.check_program_after_assignments(word),
                Some(_) | None => {}
            }
        }
        command.words = program.into_iter().chain(words).collect();
        self.check_embedded_operators(&command.words);
        command
    }

    /// After `NAME=VALUE` words an argument that looks like an option would be run as a program, by mistake.
    fn check_program_after_assignments(&mut self, program: &SourceText) {
        if program.bytes().len() > 1 && program.bytes().starts_with(b"-") {
            let message = "options go before NAME=VALUE words; a program whose name begins with '-' needs '--' \
                           before it";
            self.problem(Diagnostic::about(&option_errors::without_value(program), message));
        }
    }

    /// Warns about operators inside an argument. `&&` is usual in arguments for a shell, so only PROGRAM is checked for
    /// it.
    fn check_embedded_operators(&mut self, words: &[SourceText]) {
        for (index, word) in words.iter().enumerate() {
            let operators = if index == 0 { &[" ||| ", " && "][..] } else { &[" ||| "] };
            let position = |operator: &&str| {
                let operator = operator.as_bytes();
                // Few arguments hold its character, and each argument is searched.
                if !word.bytes().contains(&operator[1]) {
                    return None;
                }
                let at = word.bytes().windows(operator.len()).position(|window| window == operator)?;
                Some((at + 1, operator.len() - 2))
            };
            let Some((at, length)) = operators.iter().find_map(position) else { continue };
            let message = "this operator is inside an argument, where it is ordinary text; an operator is an argument \
                           of its own";
            self.warnings.push(Diagnostic::at(word, at..at + length, message));
        }
    }
}

/// The request to run a plan. `given` are the options of the command line, `global` those of the environment too.
fn run_plan_request(
    option: &str,
    file: OsString,
    global: GlobalOptions,
    given: &PartialOptions,
    segments: usize,
    command: &CommandArgs,
) -> Result<Request, UsageError> {
    if let Some(View::Deployment(engine)) = global.view {
        return Err(UsageError(format!(
            "{option} has no words to write for --plan={}: give it the line itself, which is to be the CMD of an image",
            engine.name()
        )));
    }
    if matches!(global.view, Some(View::Explain(_))) {
        return Err(UsageError(format!("{option} executes a plan, in which no variable is left to explain")));
    }
    if segments > 1 || !command.is_empty() {
        return Err(UsageError(format!(
            "{option} executes a plan and takes no PROCESS and no process options"
        )));
    }
    // These decide what goes into a plan. A variable may be meant for every line of an image, so only options count.
    let without_effect = [
        ("--set", !given.sources.set.is_empty()),
        ("--secret", !given.sources.secrets.is_empty()),
        ("--env-file", given.sources.env_files.is_some()),
        ("--defaults", given.sources.defaults.is_some()),
        ("--strict", given.strict.is_some()),
        ("--only", given.only.is_some()),
        ("--setup", given.setup.is_some()),
    ];
    if let Some((other, _)) = without_effect.into_iter().find(|(_, is_given)| *is_given) {
        let message =
            format!("{option} executes a plan, in which everything is resolved: {other} has no effect on it");
        return Err(UsageError(message));
    }
    Ok(Request::RunPlan { file, global })
}

/// The schema with this name, as in `schema/`.
fn schema(name: &str) -> &'static str {
    match name {
        DEFAULTS => include_str!("../../schema/defaults.schema.json"),
        _ => include_str!("../../schema/plan.schema.json"),
    }
}

fn explain_format(matches: &ArgMatches) -> Option<ExplainFormat> {
    ExplainFormat::named(matches.get_one::<String>("explain")?)
}

fn view_format(matches: &ArgMatches, name: &str) -> Option<ViewFormat> {
    let format = matches.get_one::<String>(name)?;
    Some(if format == "json" { ViewFormat::Json } else { ViewFormat::Text })
}

/// Parses `NAME=VALUE`, as a shell does.
fn assignment(word: &SourceText) -> Option<(String, SourceText)> {
    let equals = word.bytes().iter().position(|byte| *byte == b'=')?;
    let name = std::str::from_utf8(&word.bytes()[..equals]).ok().filter(|name| is_variable(name))?;
    Some((name.to_owned(), word.from(equals + 1)))
}
