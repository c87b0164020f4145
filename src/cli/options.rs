//! The option definitions for clap. Options are read before PROGRAM only.

use clap::builder::{PossibleValuesParser, ValueParser};
use clap::{Arg, ArgAction, Command as Clap};

use crate::cli::values;

/// The width of the help. Its lines are broken by hand, since the documentation contains it.
pub const HELP_WIDTH: usize = 80;

const GLOBAL: &str = "Global options, before the first PROCESS";
const PROCESS: &str = "Process options, before a PROGRAM (their values are expanded, too)";
const WORDS: &str = "words";

const ABOUT: &str = "Runs several tightly coupled processes as one unit, with the variables in their\n\
                     arguments substituted.";
const USAGE: &str = "monofy [OPTION...] PROCESS { '&&' PROCESS }... { '|||' PROCESS }...\n       \
                     monofy [OPTION...] --file FILE [OPTION...]\n       \
                     monofy [OPTION...] --render SRC:DST...\n       \
                     PROCESS = [PROCESS-OPTION...] [NAME=VALUE...] [--] PROGRAM [ARG...]";
const AFTER: &str = "\
Operators, each an argument of its own:
  &&   what comes before the last one are setup commands, run one after another
  |||  separates processes, run side by side: when one exits, the others are
       stopped

Substitution, in every argument:
  $NAME  ${NAME}  $<NAME>   the value; nothing if it is not set
  ${NAME:-word}             word if it is not set or empty
  ${NAME:+word}             word if it is set and not empty
  ${NAME:?message}          an error if it is not set or empty
  ${$}                      a dollar
  ${'text'}                 text as it is
Without the colon, empty counts as set. $<...> means the same as ${...}: for
words that contain a }, and between the double quotes of a shell. Compose files
and Makefiles want $$ for the $ of both.

Values come from --set, else the environment, env files, the defaults file, the
word. Global options except -h, -V, --file, --schema and --set have an
environment variable: MONOFY_GRACE=5s, MONOFY_ENV_FILE=a.env:b.env.
MONOFY_WAIT: checks, separated by white space, that every process waits for.
Durations: 500ms, 8s, 1.5s, 2m, 1h; a bare number is seconds.
Signals: TERM, SIGTERM, 15, RTMIN+3.

Exit status: that of the process that exited first; 0 after a stop by a signal
that every process obeyed; 125 if nothing could be started; 126 and 127 if a
program cannot be executed or found; 124 when --start-timeout has passed.";

/// The value of `--schema` for the schema of the defaults file.
pub(super) const DEFAULTS: &str = "defaults";

/// The command with all options, for the manual page and the completions.
#[must_use]
pub fn definition() -> Clap {
    command(Position::First).no_binary_name(false)
}

pub(super) fn command(position: Position) -> Clap {
    let clap = Clap::new("monofy")
        .about(ABOUT)
        .version(env!("CARGO_PKG_VERSION"))
        .override_usage(USAGE)
        .after_help(AFTER)
        .no_binary_name(true)
        .args_override_self(true)
        .disable_help_flag(true)
        .disable_version_flag(true);
    clap.args(options_at(position)).arg(
        Arg::new(WORDS)
            .num_args(0..)
            .trailing_var_arg(true)
            .allow_hyphen_values(false)
            .value_parser(ValueParser::os_string())
            .hide(true),
    )
}

/// Which options a PROCESS may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// The first of the line: global options and its own.
    First,
    /// A later one: its own options only.
    Later,
}

/// The options for clap. They are made once: a line may have thousands of PROCESSes.
#[derive(Default)]
pub(super) struct Definitions {
    first: Option<Clap>,
    later: Option<Clap>,
}

impl Definitions {
    /// The options that a PROCESS at this position may have, until they are given back.
    pub(super) fn take(&mut self, position: Position) -> Clap {
        self.place(position).take().unwrap_or_else(|| command(position))
    }

    pub(super) fn keep(&mut self, position: Position, definition: Clap) {
        *self.place(position) = Some(definition);
    }

    fn place(&mut self, position: Position) -> &mut Option<Clap> {
        match position {
            Position::First => &mut self.first,
            Position::Later => &mut self.later,
        }
    }
}

/// The options that a process at this position may have.
pub(super) fn options_at(position: Position) -> Vec<Arg> {
    let global = if position == Position::First { global_options() } else { Vec::new() };
    global.into_iter().chain(process_options()).collect()
}

pub(super) fn global_options() -> Vec<Arg> {
    let options = [
        repeatable(
            "defaults",
            "FILE",
            "TOML file of variables and settings; repeatable,\na later one wins [default: ./monofy.toml if it\nexists]",
        )
        .short('d'),
        flag("no-defaults", "Read no defaults file").overrides_with("defaults"),
        repeatable(
            "env-file",
            "FILE",
            "File of NAME=VALUE lines; repeatable, a later\none wins; -FILE may be missing",
        )
        .allow_hyphen_values(true),
        repeatable("set", "NAME=VALUE", "Set a variable, above all other sources;\nrepeatable"),
        repeatable("secret", "NAME,...", "Secret variables, from NAME_FILE too; exported"),
        flag("strict", "Make unset variables without a default, and\nmalformed expansions, errors"),
        view(
            "plan",
            "text|json|compose|swarm|kubernetes",
            "Print the plan and exit; compose, swarm and\nkubernetes: a file for that engine, in which\neach process has a container",
        )
        .value_name("FORM")
        .overrides_with("explain"),
        single("image", "NAME", "The image that has this line as its CMD, for\n--plan=compose, swarm and kubernetes"),
        view(
            "explain",
            "text|json|markdown",
            "Print where each variable's value comes from,\nand exit; FORM is text, json or markdown, a\n\
             table for the README of an image",
        )
        .value_name("FORM")
        .overrides_with("plan"),
        flag("show-secrets", "With --plan and --explain: do not mask secrets"),
        single("file", "FILE", "Take the line from a file (- is stdin): words,\nquotes, comments; takes no PROCESS")
            .short('f'),
        single("run-plan", "FILE", "Execute a plan written by --plan=json (- is\nstdin); takes no PROCESS"),
        Arg::new("grace").short('g').long("grace").value_name("DURATION").value_parser(values::timeout).help(
            "How long a stop may take before SIGKILL; 0 is at\n\
             once, none is no limit [default: 10s if a\n\
             process exited, none if a signal asked for it]",
        ),
        Arg::new("start-timeout")
            .long("start-timeout")
            .value_name("LIMIT")
            .value_parser(values::start_timeout)
            .help("How long until every process is ready, setup\ncommands and --wait included; else the run ends\nwith status 124 [default: none]"),
        choice(
            "output",
            "FORM",
            &["raw", "prefix", "json"],
            "What happens to the processes' output: raw (the\n\
             default), prefix (the name before each line) or\n\
             json (an object a line)",
        )
        .short('o'),
        flag("quiet", "Write warnings and errors only").short('q').overrides_with("verbose"),
        flag("verbose", "Write more notices").short('v').overrides_with("quiet"),
        single("only", "NAME[,NAME...]", "Run these processes only"),
        choice(
            "setup",
            "run|skip|only",
            &["run", "skip", "only"],
            "Run setup commands first (the default), leave\nthem out, or run nothing else",
        ),
        repeatable(
            "render",
            "SRC:DST",
            "Render a file before anything is started;\nSRC:DST:braces and :all expand more than $<...>;\nrepeatable; - is stdin or stdout",
        )
        .allow_hyphen_values(true),
        Arg::new("ready-fd")
            .long("ready-fd")
            .value_name("N")
            .value_parser(values::descriptor)
            .help("Write a newline to descriptor N once every\nprocess is ready"),
        flag("health", "Exit 0 if every process of the running instance\nruns and is ready, else 1")
            .overrides_with("status"),
        view("status", "text|json", "Print the state of its processes").overrides_with("health"),
        Arg::new("pid")
            .long("pid")
            .value_name("N")
            .value_parser(values::pid)
            .help("With --health and --status: the instance to\nquery [default: PID 1, or the only one]"),
        choice("schema", "defaults|plan", &[DEFAULTS, "plan"], "Print a JSON Schema and exit"),
        Arg::new("help").short('h').long("help").action(ArgAction::Help).help("Print this help and exit"),
        Arg::new("version")
            .short('V')
            .long("version")
            .action(ArgAction::Version)
            .help("Print the version and exit"),
    ];
    options.into_iter().map(|option| option.help_heading(GLOBAL)).collect()
}

/// Whether the value of an option is a template.
pub(super) fn is_template(option: &Arg) -> bool {
    option.get_id() == "render" || option.get_help_heading() == Some(PROCESS)
}

fn process_options() -> Vec<Arg> {
    let options = [
        single("name", "NAME", "Its name in notices [default: the base name of\nPROGRAM]"),
        single("stop-signal", "SIGNAL", "The signal that asks it to stop [default: TERM]"),
        single("stop-timeout", "DURATION", "How long its stop may take, instead of --grace"),
        single("user", "USER[:GROUP]", "Run it as this user; names or numbers"),
        single("workdir", "DIR", "Its working directory").short('w'),
        flag("tty", "Give it a pseudo-terminal for its output, with\n--output").short('t'),
        single("restart", "POLICY", "Restart it when it exits: no (the default),\non-failure[:N] or always"),
        single(
            "ready",
            "CHECK",
            "When it is ready: tcp:[HOST:]PORT,\nhttp:[HOST:]PORT/PATH, unix:PATH, file:PATH,\nlog:REGEX, exec:COMMAND, notify or fd:N",
        ),
        repeatable(
            "wait",
            "CHECK",
            "Start it once this succeeds, for what runs\nelsewhere: tcp:, http:, unix:, file: or exec:,\nas for --ready; setup commands, too; repeatable",
        ),
        repeatable("alive", "CHECK", "--health asks this each time, as --wait;\nrepeatable"),
        repeatable("after", "NAME", "Start it once this process is ready; repeatable"),
        flag("once", "It does its work and ends: its success ends\nnothing else"),
        single("if", "VALUE", "Leave it out if VALUE is false: empty, 0,\nfalse, no, off, n or f"),
        single("unless", "VALUE", "Leave it out if VALUE is true"),
        single("creates", "PATH", "Leave it out if PATH exists when its turn comes"),
        single("replicas", "N", "Run N copies of it, named NAME.1, NAME.2..."),
        single("umask", "MODE", "Its file mode creation mask, octal"),
        repeatable("rewrite", "FROM:TO", "It gets signal TO instead of FROM, 0 is none;\nrepeatable"),
    ];
    options.into_iter().map(|option| option.help_heading(PROCESS)).collect()
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

/// An option that takes one value of any bytes.
fn single(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help).value_parser(ValueParser::os_string())
}

fn repeatable(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    single(name, value, help).action(ArgAction::Append)
}

fn choice(name: &'static str, value: &'static str, choices: &[&'static str], help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name(value)
        .hide_possible_values(true)
        .value_parser(PossibleValuesParser::new(choices.to_vec()))
        .help(help)
}

/// An option that shows something in one of these formats, as text by default.
fn view(name: &'static str, formats: &'static str, help: &'static str) -> Arg {
    choice(name, formats, &formats.split('|').collect::<Vec<_>>(), help)
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("text")
}
