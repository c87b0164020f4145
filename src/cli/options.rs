//! The options, by clap. They are read in front of PROGRAM only.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use clap::builder::{PossibleValuesParser, ValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command as Clap};

use super::split::Segment;
use super::{Command, Form, Named, Report, Said, Set, Sources, UsageError, View, Wish, values};
use crate::diagnostic::{Diagnostic, Written};
use crate::plan::{Limit, Output, Verbosity, is_variable};

/// How wide the help is at most. Fixed, since it stands in the documentation; its lines are broken by hand.
pub const HELP_WIDTH: usize = 100;

const GLOBAL: &str = "Global options, in front of the first PROCESS";
const PROCESS: &str = "Process options, in front of a PROGRAM (their values are expanded, too)";
const WORDS: &str = "words";

const ABOUT: &str = "Runs several tightly coupled processes as one unit, with the variables in their arguments\n\
                     substituted.";
const USAGE: &str = "monofy [OPTION...] PROCESS { '&&' PROCESS }... { '|||' PROCESS }...\n       \
                     PROCESS = [PROCESS-OPTION...] [NAME=VALUE...] [--] PROGRAM [ARG...]";
const AFTER: &str = "\
Operators, each an argument of its own:
  &&   what stands before the last one are setup commands, run one after another
  |||  processes, side by side: when one exits, the others are stopped

Substitution, in every argument:
  $NAME  ${NAME}  $<NAME>   the value; nothing when it is not set
  ${NAME:-word}             word when it is not set or empty
  ${NAME:+word}             word when it is set and not empty
  ${NAME:?message}          an error when it is not set or empty
  ${$}                      a dollar
  ${'text'}                 text as it is
Without the colon, empty counts as set. $<...> means the same as ${...}: for words that hold a },
and between the double quotes of a shell. Compose files and Makefiles want $$ for the $ of both.

A value comes from --set, else the environment, an env file, the defaults file, else the word.
Global options but -h, -V, --schema and --set can be set in the environment: MONOFY_GRACE=5s,
MONOFY_STRICT=1, MONOFY_ENV_FILE=a.env:b.env. Durations: 500ms, 8s, 2m; a bare number is seconds.
Signals: TERM, SIGTERM, 15, RTMIN+3.

Exit status: that of the process that exited first; 0 when a signal asked for the end and all ended
well; 125 when nothing could be started; 126 and 127 when a program cannot be executed or found.";

/// One PROCESS, taken apart.
pub(super) enum Parsed {
    /// Something to print instead: help or the version.
    Print(String),
    /// Whom to ask how it is, and what stands beside that, which should be nothing.
    Report { of: Option<i32>, what: Report, command: Box<Command> },
    /// What to run.
    Segment(Box<Contents>),
}

/// What one segment of the line says.
pub(super) struct Contents {
    pub(super) global: Said,
    pub(super) run_plan: Option<OsString>,
    pub(super) command: Command,
}

/// Takes one PROCESS apart; the global options may stand in front of the first.
pub(super) fn parse(segment: &Segment<'_>, is_first: bool) -> Result<Parsed, UsageError> {
    if segment.arguments.first().is_some_and(|argument| !argument.as_bytes().starts_with(b"-")) {
        // No options, so nothing that clap would have to do: it takes a tenth of the time of a whole start.
        let command = written(segment, 0, Command::default())?;
        return Ok(Parsed::Segment(Box::new(Contents { global: Said::default(), run_plan: None, command })));
    }
    match command(is_first).try_get_matches_from(segment.arguments) {
        Ok(matches) if is_first && matches.contains_id("schema") => {
            Ok(Parsed::Print(schema(matches.get_one::<String>("schema").map(String::as_str)).to_owned()))
        }
        Ok(mut matches) if is_first && (matches.get_flag("health") || matches.contains_id("status")) => {
            Ok(Parsed::Report {
                of: matches.get_one("pid").copied(),
                what: form(&matches, "status").map_or(Report::Health, Report::Status),
                command: Box::new(contents(segment, &mut matches)?),
            })
        }
        Ok(matches) if is_first && matches.contains_id("pid") => Err(UsageError(
            "--pid says which monofy --health and --status ask, and needs one of them".to_owned(),
        )),
        Ok(mut matches) => Ok(Parsed::Segment(Box::new(Contents {
            global: if is_first { said(segment, &matches)? } else { Said::default() },
            run_plan: if is_first { matches.remove_one("run-plan") } else { None },
            command: contents(segment, &mut matches)?,
        }))),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            Ok(Parsed::Print(error.render().to_string()))
        }
        Err(error) => Err(usage_error(&error, segment, is_first)),
    }
}

/// The value of `--schema` for the schema of the defaults file.
const DEFAULTS: &str = "defaults";

/// The schema of this name, as it lies in `schema/`.
fn schema(name: Option<&str>) -> &'static str {
    match name {
        Some(DEFAULTS) => include_str!("../../schema/defaults.schema.json"),
        _ => include_str!("../../schema/plan.schema.json"),
    }
}

/// The options as clap has them, for what is generated from them: manual page and completions.
#[must_use]
pub fn definition() -> Clap {
    command(true).no_binary_name(false)
}

fn command(with_global: bool) -> Clap {
    let clap = Clap::new("monofy")
        .about(ABOUT)
        .version(env!("CARGO_PKG_VERSION"))
        .override_usage(USAGE)
        .after_help(AFTER)
        .no_binary_name(true)
        .args_override_self(true)
        .disable_help_flag(true)
        .disable_version_flag(true);
    let clap = if with_global { clap.args(global_options()) } else { clap };
    clap.args(process_options()).arg(
        Arg::new(WORDS)
            .num_args(0..)
            .trailing_var_arg(true)
            .allow_hyphen_values(false)
            .value_parser(ValueParser::os_string())
            .hide(true),
    )
}

fn global_options() -> Vec<Arg> {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    let several = |name: &'static str, value: &'static str, help: &'static str| {
        let option = Arg::new(name).long(name).value_name(value).help(help).action(ArgAction::Append);
        option.value_parser(ValueParser::os_string())
    };
    let options = [
        several("defaults", "FILE", "TOML file of variables and settings; repeatable, a later one wins\n[default: ./monofy.toml if it exists]")
            .short('d'),
        flag("no-defaults", "Read no defaults file").overrides_with("defaults"),
        several("env-file", "FILE", "File of NAME=VALUE lines; repeatable, a later one wins"),
        several("set", "NAME=VALUE", "A variable, above all other sources; repeatable"),
        flag("strict", "Unset variables without a default, and malformed expansions, fail"),
        view("plan", "Print the plan and exit; nothing is started").overrides_with("explain"),
        view("explain", "Print where each variable's value comes from; nothing is started")
            .overrides_with("plan"),
        flag("show-secrets", "With these two: do not mask secrets"),
        Arg::new("run-plan")
            .long("run-plan")
            .value_name("FILE")
            .value_parser(ValueParser::os_string())
            .help("Execute a plan written by --plan=json (- is stdin); takes no PROCESS"),
        Arg::new("grace").short('g').long("grace").value_name("DURATION").value_parser(values::limit).help(
            "How long a stop may take before SIGKILL; 0 is at once, none no limit\n\
             [default: 10s when a process exited, none when a signal asked]",
        ),
        Arg::new("output")
            .short('o')
            .long("output")
            .value_name("FORM")
            .hide_possible_values(true)
            .value_parser(PossibleValuesParser::new(["raw", "prefix", "json"]))
            .help("What becomes of the processes' output: raw (as it is, the default),\nprefix (lines with a name in front) or json (an object a line)"),
        flag("quiet", "Only warnings and errors").short('q').overrides_with("verbose"),
        flag("verbose", "One more level of notices").short('v').overrides_with("quiet"),
        Arg::new("ready-fd")
            .long("ready-fd")
            .value_name("N")
            .value_parser(values::descriptor)
            .help("Write a newline to descriptor N once every process is ready"),
        flag("health", "Exit 0 if all that PID 1 should run runs and is ready, else 1").overrides_with("status"),
        view("status", "Print the state of its processes").overrides_with("health"),
        Arg::new("pid")
            .long("pid")
            .value_name("N")
            .value_parser(values::pid)
            .help("With these two: ask the monofy that has this pid"),
        Arg::new("schema")
            .long("schema")
            .value_name("defaults|plan")
            .hide_possible_values(true)
            .value_parser(PossibleValuesParser::new([DEFAULTS, "plan"]))
            .help("Print a JSON Schema and exit"),
        Arg::new("help").short('h').long("help").action(ArgAction::Help).help("Print this help and exit"),
        Arg::new("version")
            .short('V')
            .long("version")
            .action(ArgAction::Version)
            .help("Print the version and exit"),
    ];
    options.into_iter().map(|option| option.help_heading(GLOBAL)).collect()
}

/// An option that shows something, as text if not told otherwise.
fn view(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name("text|json")
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("text")
        .hide_possible_values(true)
        .value_parser(PossibleValuesParser::new(["text", "json"]))
        .help(help)
}

/// The process option that takes no value, and the one that may be repeated.
const TTY: &str = "tty";
const AFTER_OPTION: &str = "after";

/// The process options: name, short name, what their value is called, help.
const PROCESS_OPTIONS: [(&str, Option<char>, &str, &str); 9] = [
    ("name", None, "NAME", "Its name in notices [default: the base name of PROGRAM]"),
    ("stop-signal", None, "SIGNAL", "What asks it to stop [default: TERM]"),
    ("stop-timeout", None, "DURATION", "Its own bound instead of --grace"),
    ("user", None, "USER[:GROUP]", "Run as this user; names or numbers"),
    ("workdir", Some('w'), "DIR", "Its working directory"),
    (TTY, Some('t'), "", "Give it a pseudo-terminal for its output, with --output"),
    ("restart", None, "POLICY", "Start it again when it exits: no (the default),\non-failure[:N] or always"),
    (
        "ready",
        None,
        "CHECK",
        "How it tells that it is ready: tcp:[HOST:]PORT, log:REGEX,\nexec:COMMAND, notify or fd:N",
    ),
    (AFTER_OPTION, None, "NAME", "Start it once this process is ready; repeatable"),
];

fn process_options() -> impl Iterator<Item = Arg> {
    PROCESS_OPTIONS.into_iter().map(|(name, short, value, help)| {
        let option = Arg::new(name).long(name).value_name(value).help(help).help_heading(PROCESS);
        let option = if let Some(short) = short { option.short(short) } else { option };
        match name {
            TTY => option.action(ArgAction::SetTrue),
            AFTER_OPTION => option.action(ArgAction::Append).value_parser(ValueParser::os_string()),
            _ => option.value_parser(ValueParser::os_string()),
        }
    })
}

fn form(matches: &ArgMatches, name: &str) -> Option<Form> {
    let form = matches.get_one::<String>(name)?;
    Some(if form == "json" { Form::Json } else { Form::Text })
}

fn said(segment: &Segment<'_>, matches: &ArgMatches) -> Result<Said, UsageError> {
    let on = |name: &str| matches.get_flag(name).then_some(true);
    let view = form(matches, "plan").map(View::Plan).or(form(matches, "explain").map(View::Explain));
    let files = |name: &str| -> Option<Vec<Named>> {
        matches.contains_id(name).then(|| places(segment, matches, name).map(Named::by_option).collect())
    };
    Ok(Said {
        strict: on("strict"),
        view: view.map(Wish::Show),
        show_secrets: on("show-secrets"),
        no_defaults: on("no-defaults"),
        sources: Sources {
            set: places(segment, matches, "set")
                .map(|written| Set::read(&written))
                .collect::<Result<_, _>>()?,
            env_files: files("env-file"),
            defaults: files("defaults"),
            no_defaults: false,
        },
        grace: matches.get_one::<Limit>("grace").copied(),
        output: matches.get_one::<String>("output").and_then(|name| Output::named(name)),
        ready_fd: matches.get_one::<i32>("ready-fd").copied(),
        verbosity: match (matches.get_flag("quiet"), matches.get_flag("verbose")) {
            (true, _) => Some(Verbosity::Quiet),
            (false, true) => Some(Verbosity::Verbose),
            (false, false) => None,
        },
    })
}

/// Where each value of an option that may be repeated stands.
fn places(segment: &Segment<'_>, matches: &ArgMatches, name: &str) -> impl Iterator<Item = Written> {
    let long = format!("--{name}=");
    let short = if name == "defaults" { "-d" } else { "" };
    let values: Vec<&OsString> = matches.get_many::<OsString>(name).into_iter().flatten().collect();
    let mut places = Vec::with_capacity(values.len());
    let mut from = 0;
    for value in values {
        // From left to right, each behind the one before it, so that equal values are told apart.
        let found = segment.arguments.iter().enumerate().skip(from).find_map(|(index, argument)| {
            let (bytes, value) = (argument.as_bytes(), value.as_bytes());
            let rest = bytes.strip_suffix(value)?;
            let is_apart =
                rest.is_empty() && index > 0 && is_option(&segment.arguments[index - 1], &long, short);
            let is_attached = rest == long.as_bytes()
                || (!short.is_empty()
                    && rest.starts_with(b"-")
                    && !rest.starts_with(b"--")
                    && (rest.ends_with(b"d") || rest.ends_with(b"d=")));
            (is_apart || is_attached).then_some((index, rest.len()))
        });
        let (index, offset) = found.unwrap_or((from, 0));
        let whole: &OsStr = if found.is_some() { &segment.arguments[index] } else { value };
        places.push(Written::whole(segment.first + index, whole).from(offset));
        from = index + 1;
    }
    places.into_iter()
}

/// Whether an argument is an option whose value is the next argument: `--name`, or `-d` behind other flags.
fn is_option(argument: &OsStr, long: &str, short: &str) -> bool {
    let bytes = argument.as_bytes();
    bytes == long.trim_end_matches('=').as_bytes()
        || (!short.is_empty()
            && bytes.starts_with(b"-")
            && !bytes.starts_with(b"--")
            && bytes.ends_with(b"d"))
}

fn contents(segment: &Segment<'_>, matches: &mut ArgMatches) -> Result<Command, UsageError> {
    let words = matches.get_many::<OsString>(WORDS).map_or(0, Iterator::count);
    let options = segment.arguments.len() - words;
    let tty = matches.get_flag(TTY);
    let after = places(segment, matches, AFTER_OPTION).collect();
    let mut option = |name: &str| {
        let value = matches.remove_one::<OsString>(name)?;
        Some(place(segment, options, name, &value))
    };
    let command = Command {
        name: option("name"),
        stop_signal: option("stop-signal"),
        stop_timeout: option("stop-timeout"),
        user: option("user"),
        workdir: option("workdir"),
        tty,
        restart: option("restart"),
        ready: option("ready"),
        after,
        ..Command::default()
    };
    written(segment, options, command)
}

/// What stands behind so many arguments of options: `NAME=VALUE` words, PROGRAM and its arguments.
fn written(segment: &Segment<'_>, options: usize, mut command: Command) -> Result<Command, UsageError> {
    // clap takes the `--` away. An option's value cannot be one, so it can only be the separator.
    let is_escaped = options > 0 && segment.arguments[options - 1] == "--";
    let mut words = segment.arguments[options..]
        .iter()
        .enumerate()
        .map(|(index, word)| Written::whole(segment.first + options + index, word));
    let mut program = words.next();
    if !is_escaped {
        while let Some((name, value)) = program.as_ref().and_then(assignment) {
            command.assignments.push((name, value));
            program = words.next();
        }
        if !command.assignments.is_empty() {
            program = program_after_assignments(program, &mut words)?;
        }
    }
    command.words = program.into_iter().chain(words).collect();
    Ok(command)
}

/// Behind `NAME=VALUE` words a `--` may stand, and nothing that looks like an option: it would be run as a
/// program, which nobody means.
fn program_after_assignments(
    program: Option<Written>,
    words: &mut impl Iterator<Item = Written>,
) -> Result<Option<Written>, UsageError> {
    match program {
        Some(word) if word.bytes() == b"--" => Ok(words.next()),
        Some(word) if word.bytes().len() > 1 && word.bytes().starts_with(b"-") => Err(UsageError(format!(
            "argument {}: options stand in front of NAME=VALUE words; a program whose name begins with '-' needs \
             '--' in front of it",
            word.argument()
        ))),
        program => Ok(program),
    }
}

/// `NAME=VALUE`, as a shell would take it.
fn assignment(word: &Written) -> Option<(String, Written)> {
    let equals = word.bytes().iter().position(|b| *b == b'=')?;
    let name = std::str::from_utf8(&word.bytes()[..equals]).ok().filter(|name| is_variable(name))?;
    Some((name.to_owned(), word.from(equals + 1)))
}

/// Finds where the value of an option stands, for the caret under it. clap tells no more than which of its
/// own count of options and values it was.
fn place(segment: &Segment<'_>, options: usize, name: &str, value: &OsStr) -> Written {
    let long = format!("--{name}=");
    let found = segment.arguments[..options].iter().enumerate().rev().find_map(|(index, argument)| {
        let (bytes, value) = (argument.as_bytes(), value.as_bytes());
        let is_attached = bytes.starts_with(long.as_bytes()) && &bytes[long.len()..] == value;
        let is_short = bytes.starts_with(b"-") && !bytes.starts_with(b"--") && bytes.ends_with(value);
        (is_attached || is_short || bytes == value).then(|| (index, bytes.len() - value.len()))
    });
    let (index, offset) = found.unwrap_or((0, 0));
    let whole: &OsStr = segment.arguments.get(index).map_or(value, |argument| argument);
    Written::whole(segment.first + index, whole).from(offset)
}

/// clap's message without its usage, which is long, with the argument it is about and a caret.
fn usage_error(error: &clap::Error, segment: &Segment<'_>, is_first: bool) -> UsageError {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let option = text(ContextKind::InvalidArg).unwrap_or_default();
    let name = option.split([' ', '=', '[']).next().unwrap_or_default();
    let message = if !is_first && is_global(name) {
        format!("'{name}' is a global option and stands in front of the first process only")
    } else if error.kind() == ErrorKind::UnknownArgument {
        match text(ContextKind::SuggestedArg) {
            Some(suggested) => format!("there is no option '{name}'; did you mean '{suggested}'?"),
            None => format!(
                "there is no option '{name}'; a program whose name begins with '-' needs '--' in front of it"
            ),
        }
    } else {
        let rendered = error.render().to_string();
        let message = rendered.strip_prefix("error: ").unwrap_or(&rendered);
        message.split("\n\n").next().unwrap_or_default().replace("\n ", "").trim_end().to_owned()
    };
    match culprit(segment, name, text(ContextKind::InvalidValue).unwrap_or_default()) {
        // Its value may be a secret.
        Some(written) if name == "--set" => {
            let shown = Written::of(written.origin().clone(), name.as_bytes());
            UsageError(Diagnostic::about(&shown, message).to_string())
        }
        Some(written) => UsageError(Diagnostic::about(&written, message).to_string()),
        None => UsageError(message),
    }
}

fn is_global(name: &str) -> bool {
    global_options().iter().any(|known| {
        known.get_long().is_some_and(|long| name.strip_prefix("--") == Some(long))
            || known.get_short().is_some_and(|short| name.strip_prefix('-') == Some(&short.to_string()))
    })
}

/// The argument that clap's message is about: the one with the value, else the one with the option.
fn culprit(segment: &Segment<'_>, name: &str, value: &str) -> Option<Written> {
    let short = name.strip_prefix('-').filter(|short| !short.starts_with('-'));
    let is_option = |argument: &str| match short {
        Some(short) => argument.starts_with('-') && !argument.starts_with("--") && argument.contains(short),
        None => argument.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')),
    };
    let is_value = |argument: &str| {
        argument == value
            || argument.strip_suffix(value).is_some_and(|rest| rest.starts_with('-') && !value.is_empty())
    };
    let texts = || segment.arguments.iter().map(|argument| argument.to_string_lossy());
    let index =
        texts().position(|text| is_value(&text)).or_else(|| texts().position(|text| is_option(&text)));
    // What is not UTF-8 clap does not name. A value that is missing is missing at the end.
    let index = index.or_else(|| segment.arguments.iter().position(|argument| argument.to_str().is_none()));
    let index = index.or(segment.arguments.len().checked_sub(1))?;
    Some(Written::whole(segment.first + index, &segment.arguments[index]))
}
