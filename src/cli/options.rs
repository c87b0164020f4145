//! The options, as clap has them. They are read in front of PROGRAM only.

use clap::builder::{PossibleValuesParser, ValueParser};
use clap::{Arg, ArgAction, Command as Clap};

use crate::cli::values;

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

/// The value of `--schema` for the schema of the defaults file.
pub(super) const DEFAULTS: &str = "defaults";

/// The options as clap has them, for what is generated from them: manual page and completions.
#[must_use]
pub fn definition() -> Clap {
    command(true).no_binary_name(false)
}

pub(super) fn command(with_global: bool) -> Clap {
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

pub(super) fn global_options() -> Vec<Arg> {
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
        several("secret", "NAME,...", "Secret variables, from NAME_FILE too; exported"),
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
        Arg::new("grace").short('g').long("grace").value_name("DURATION").value_parser(values::timeout).help(
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
pub(super) const TTY: &str = "tty";
pub(super) const AFTER_OPTION: &str = "after";

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

/// Those that may stand in front of this process.
pub(super) fn known(is_first: bool) -> Vec<Arg> {
    let global = if is_first { global_options() } else { Vec::new() };
    global.into_iter().chain(process_options()).collect()
}

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
