//! One PROCESS of the line, taken apart.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use clap::ArgMatches;
use clap::error::ErrorKind;

use crate::cli::occurrences::{Scan, scan};
use crate::cli::options::{self, AFTER_OPTION, DEFAULTS, TTY};
use crate::cli::split::Segment;
use crate::cli::{
    Command, FileRef, Form, PartialOptions, Report, SetOption, Sources, UsageError, View, ViewOverride,
    option_errors,
};
use crate::diagnostic::{Diagnostic, SourceText};
use crate::plan::{Output, Timeout, VerbosityFlags, is_variable};
use crate::variables::sources::SecretOption;

/// One PROCESS, taken apart.
pub(super) enum Parsed {
    /// Something to print instead: help or the version.
    Print(String),
    /// Whom to ask how it is, and what stands beside that, which should be nothing.
    Report { of: Option<i32>, what: Report, command: Box<Command> },
    /// What to run.
    Segment(Box<ParsedSegment>),
}

/// What one segment of the line says.
pub(super) struct ParsedSegment {
    pub(super) global: PartialOptions,
    pub(super) run_plan: Option<OsString>,
    pub(super) command: Command,
}

/// Takes one PROCESS apart; the global options may stand in front of the first. What is wrong with options is added
/// to the problems, and what is right beside it counts.
pub(super) fn parse(
    segment: &mut Segment<'_>,
    is_first: bool,
    problems: &mut Vec<Diagnostic>,
) -> Result<Parsed, UsageError> {
    if segment.arguments.first().is_some_and(|argument| !argument.as_bytes().starts_with(b"-")) {
        // No options, so nothing that clap would have to do: it takes a tenth of the time of a whole start.
        let command = written(segment, 0, false, Command::default(), problems);
        return Ok(Parsed::Segment(Box::new(ParsedSegment {
            global: PartialOptions::default(),
            run_plan: None,
            command,
        })));
    }
    let mut clap = options::command(true);
    let mut scan = scan(&clap, segment);
    if !is_first {
        clap = options::command(false);
    }
    let before = problems.len();
    let matches = match clap.try_get_matches_from_mut(&segment.arguments[..scan.end]) {
        Ok(matches) => matches,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            return Ok(Parsed::Print(error.render().to_string()));
        }
        Err(_) => option_errors::matches_without(&mut clap, segment, &mut scan, is_first, problems)?,
    };
    if is_first && problems.len() == before {
        if let Some(name) = matches.get_one::<String>("schema") {
            return Ok(Parsed::Print(schema(name).to_owned()));
        }
        if matches.get_flag("health") || matches.contains_id("status") {
            let what = form(&matches, "status").map_or(Report::Health, Report::Status);
            let command = Box::new(contents(segment, &scan, &matches, problems));
            return Ok(Parsed::Report { of: matches.get_one("pid").copied(), what, command });
        }
        if matches.contains_id("pid") {
            let message = "--pid says which monofy --health and --status ask, and needs one of them";
            return Err(UsageError(message.to_owned()));
        }
    }
    Ok(Parsed::Segment(Box::new(ParsedSegment {
        global: if is_first { said(&scan, &matches, problems) } else { PartialOptions::default() },
        run_plan: if is_first { matches.get_one("run-plan").cloned() } else { None },
        command: contents(segment, &scan, &matches, problems),
    })))
}

/// The schema of this name, as it lies in `schema/`.
fn schema(name: &str) -> &'static str {
    match name {
        DEFAULTS => include_str!("../../schema/defaults.schema.json"),
        _ => include_str!("../../schema/plan.schema.json"),
    }
}

fn form(matches: &ArgMatches, name: &str) -> Option<Form> {
    let form = matches.get_one::<String>(name)?;
    Some(if form == "json" { Form::Json } else { Form::TaintedBytes })
}

fn said(scan: &Scan, matches: &ArgMatches, problems: &mut Vec<Diagnostic>) -> PartialOptions {
    let on = |name: &str| matches.get_flag(name).then_some(true);
    let view = form(matches, "plan").map(View::Plan).or(form(matches, "explain").map(View::Explain));
    let files = |name: &str| -> Option<Vec<FileRef>> {
        // Those in front of what overrides them do not count.
        let count = matches.get_many::<OsString>(name)?.count();
        let values: Vec<SourceText> = scan.values(name).cloned().collect();
        let first = values.len().saturating_sub(count);
        Some(values.into_iter().skip(first).map(FileRef::by_option).collect())
    };
    let mut set = Vec::new();
    for written in scan.values("set") {
        match SetOption::parse(written) {
            Ok(value) => set.push(value),
            Err(problem) => problems.push(problem),
        }
    }
    let mut secrets = Vec::new();
    for text in scan.values("secret") {
        match SecretOption::parse(text) {
            Ok(secret) => secrets.push(secret),
            Err(problem) => problems.push(problem),
        }
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
        },
        grace: matches.get_one::<Timeout>("grace").copied(),
        output: matches.get_one::<String>("output").and_then(|name| Output::named(name)),
        ready_fd: matches.get_one::<i32>("ready-fd").copied(),
        verbosity: VerbosityFlags { quiet: on("quiet"), verbose: on("verbose") },
    }
}

fn contents(
    segment: &mut Segment<'_>,
    scan: &Scan,
    matches: &ArgMatches,
    problems: &mut Vec<Diagnostic>,
) -> Command {
    let option = |name: &str| scan.values(name).next_back().cloned();
    let command = Command {
        name: option("name"),
        stop_signal: option("stop-signal"),
        stop_timeout: option("stop-timeout"),
        user: option("user"),
        workdir: option("workdir"),
        tty: matches.get_flag(TTY),
        restart: option("restart"),
        ready: option("ready"),
        after: scan.values(AFTER_OPTION).cloned().collect(),
        ..Command::default()
    };
    written(segment, scan.end, scan.is_escaped, command, problems)
}

/// What stands behind so many arguments of options: `NAME=VALUE` words, PROGRAM and its arguments. These are taken.
fn written(
    segment: &mut Segment<'_>,
    options: usize,
    is_escaped: bool,
    mut command: Command,
    problems: &mut Vec<Diagnostic>,
) -> Command {
    let start = if is_escaped { options + 1 } else { options };
    let first = segment.first + start;
    let mut words = segment.arguments[start..]
        .iter_mut()
        .enumerate()
        .map(|(index, word)| SourceText::taken(first + index, std::mem::take(word)));
    let mut program = words.next();
    if !is_escaped {
        while let Some((name, value)) = program.as_ref().and_then(assignment) {
            command.assignments.push((name, value));
            program = words.next();
        }
        if !command.assignments.is_empty() {
            program = program_after_assignments(program, &mut words, problems);
        }
    }
    command.words = program.into_iter().chain(words).collect();
    command
}

/// Behind `NAME=VALUE` words a `--` may stand, and nothing that looks like an option: it would be run as a
/// program, which nobody means.
fn program_after_assignments(
    program: Option<SourceText>,
    words: &mut impl Iterator<Item = SourceText>,
    problems: &mut Vec<Diagnostic>,
) -> Option<SourceText> {
    match program {
        Some(word) if word.bytes() == b"--" => words.next(),
        Some(word) => {
            if word.bytes().len() > 1 && word.bytes().starts_with(b"-") {
                let message = "options stand in front of NAME=VALUE words; a program whose name begins with '-' \
                               needs '--' in front of it";
                problems.push(Diagnostic::about(&option_errors::without_value(&word), message));
            }
            Some(word)
        }
        None => None,
    }
}

/// `NAME=VALUE`, as a shell would take it.
fn assignment(word: &SourceText) -> Option<(String, SourceText)> {
    let equals = word.bytes().iter().position(|b| *b == b'=')?;
    let name = std::str::from_utf8(&word.bytes()[..equals]).ok().filter(|name| is_variable(name))?;
    Some((name.to_owned(), word.from(equals + 1)))
}
