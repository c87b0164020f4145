//! Expands one PROCESS of the line.

use std::collections::BTreeMap;

use crate::cli::CommandArgs;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::etc::passwd;
use crate::plan::{
    self, ByteString, Check, CheckOption, FOR_PROCESSES_ONLY, NOT_A_NAME, ONCE_IS_READY_AT_ITS_END,
    ProcessKind, Restart, Rewrite, Timeout, UNKNOWN_CHECK,
};
use crate::resolve::Resolver;
use crate::resolve::lints::ArgumentKind;
use crate::resolve::secrecy::Secrecy;
use crate::signal::SignalNumber;
use crate::template::TaintedBytes;

/// A command with everything expanded, and its secrets marked. Parts with problems are as written.
#[derive(Debug)]
pub(super) struct ResolvedCommand {
    pub(super) argv: Vec<TaintedBytes>,
    pub(super) template: Vec<ByteString>,
    pub(super) env: BTreeMap<String, TaintedBytes>,
    pub(super) stop_signal: Option<(SignalNumber, Secrecy)>,
    pub(super) stop_timeout: Option<(Timeout, Secrecy)>,
    pub(super) user: Option<TaintedBytes>,
    pub(super) workdir: Option<TaintedBytes>,
    pub(super) tty: bool,
    pub(super) restart: Option<(Restart, Secrecy)>,
    pub(super) ready: Option<GivenCheck>,
    pub(super) ready_template: Option<ByteString>,
    pub(super) wait: Vec<GivenCheck>,
    pub(super) alive: Vec<GivenCheck>,
    /// The names in `--after`, in the order of the options. `None` is an invalid one.
    pub(super) after: Vec<Option<GivenName>>,
    pub(super) once: bool,
    pub(super) creates: Option<TaintedBytes>,
    pub(super) umask: Option<(u32, Secrecy)>,
    pub(super) rewrite: Option<(Vec<Rewrite>, Secrecy)>,
}

/// A check as the line gives it.
#[derive(Clone, Debug)]
pub(super) struct GivenCheck {
    pub(super) check: Check,
    /// What was parsed, with its secrets marked.
    pub(super) value: TaintedBytes,
    /// What was written.
    pub(super) template: ByteString,
}

/// A name as the line gives it, and what may be shown of it.
#[derive(Clone, Debug)]
pub(super) struct GivenName {
    pub(super) name: String,
    /// The name without secrets.
    pub(super) shown: String,
    pub(super) secrecy: Secrecy,
}

/// The most copies of one process.
const MOST_REPLICAS: usize = 1000;

impl<'l> Resolver<'l> {
    /// The name that a command is given, if any.
    pub(super) fn given_name(&mut self, command: &'l CommandArgs) -> Option<GivenName> {
        self.option("--name", command.name.as_ref(), GivenName::parse)
    }

    /// How many copies there are of a process, if it has copies.
    pub(super) fn replicas(&mut self, command: &'l CommandArgs) -> Option<usize> {
        let shows_defaults_only = self.variables.shows_defaults_only();
        self.option("--replicas", command.replicas.as_ref(), |value| {
            let count = replicas(value.bytes())?;
            Ok(if shows_defaults_only && value.has_secret() { count.min(1) } else { count })
        })
    }

    /// Expands a command.
    pub(super) fn command(&mut self, kind: ProcessKind, command: &'l CommandArgs) -> ResolvedCommand {
        let stop_signal = self.option("--stop-signal", command.stop_signal.as_ref(), |value| {
            let signal = text(value.bytes())?.parse::<SignalNumber>().map_err(|error| error.to_string())?;
            Ok((signal, Secrecy::of(value)))
        });
        let stop_timeout = self.option("--stop-timeout", command.stop_timeout.as_ref(), |value| {
            let timeout = text(value.bytes())?.parse::<Timeout>().map_err(|error| error.to_string())?;
            Ok((timeout, Secrecy::of(value)))
        });
        let user = self.option("--user", command.user.as_ref(), |value| {
            // Only the form: the user may be made by a setup command.
            passwd::check_form(value.bytes()).map_err(|error| error.to_string())?;
            Ok(value.clone())
        });
        let workdir = self.option("--workdir", command.workdir.as_ref(), |value| Ok(value.clone()));
        let restart = self.restart(kind, command);
        let ready = command.ready.as_ref().and_then(|written| self.check(CheckOption::Ready, written));
        let wait = self.checks(CheckOption::Wait, &command.wait);
        let alive = self.checks(CheckOption::Alive, &command.alive);
        let after: Vec<Option<GivenName>> =
            command.after.iter().map(|after| self.option("--after", Some(after), GivenName::parse)).collect();
        let creates = self.option("--creates", command.creates.as_ref(), |value| Ok(value.clone()));
        let umask = self.option("--umask", command.umask.as_ref(), |value| {
            Ok((umask(value.bytes())?, Secrecy::of(value)))
        });
        let rewrite = self.rewrite(&command.rewrite);
        self.check_kind(kind, command);
        let env = self.environment(&command.assignments);
        let argv = self.argv(command);
        self.check_total_size(command, &argv, &env);
        let ready_and_text = ready.as_ref().zip(command.ready.as_ref()).map(|(given, text)| (text, given));
        let lists = wait.iter().chain(&alive).map(|(text, given)| (*text, given));
        for (text, given) in ready_and_text.into_iter().chain(lists) {
            if let Some(words) = given.check.kind().command() {
                self.check_command_size(text, words, &env);
                self.lint_secrets(text, ArgumentKind::Value, std::slice::from_ref(&given.value));
            }
        }
        ResolvedCommand {
            argv,
            template: command.words.iter().map(as_template).collect(),
            env,
            stop_signal,
            stop_timeout,
            user,
            workdir,
            tty: command.tty,
            restart,
            ready,
            ready_template: command.ready.as_ref().map(as_template),
            wait: wait.into_iter().map(|(_, given)| given).collect(),
            alive: alive.into_iter().map(|(_, given)| given).collect(),
            after,
            once: command.once.is_some(),
            creates,
            umask,
            rewrite,
        }
    }

    /// Reports options that setup commands cannot have.
    fn check_kind(&mut self, kind: ProcessKind, command: &CommandArgs) {
        if kind == ProcessKind::Process {
            if let (Some(once), Some(_)) = (&command.once, &command.ready) {
                self.problem(Diagnostic::about(once, ONCE_IS_READY_AT_ITS_END));
            }
            return;
        }
        let lists = command.ready.iter().chain(&command.alive).chain(&command.after);
        let options = lists.chain(&command.once).chain(&command.replicas);
        for option in options {
            self.problem(Diagnostic::about(option, FOR_PROCESSES_ONLY));
        }
    }

    fn restart(&mut self, kind: ProcessKind, command: &'l CommandArgs) -> Option<(Restart, Secrecy)> {
        let is_once = command.once.is_some();
        self.option("--restart", command.restart.as_ref(), |value| {
            let restart = text(value.bytes())?.parse::<Restart>().map_err(|error| error.to_string())?;
            match plan::restart_conflict(kind, restart, is_once) {
                Some(message) => Err(message.to_owned()),
                None => Ok((restart, Secrecy::of(value))),
            }
        })
    }

    /// The checks of an option that can be repeated, each with its argument.
    fn checks(
        &mut self,
        option: CheckOption,
        written: &'l [SourceText],
    ) -> Vec<(&'l SourceText, GivenCheck)> {
        written.iter().filter_map(|written| Some((written, self.check(option, written)?))).collect()
    }

    fn check(&mut self, option: CheckOption, written: &'l SourceText) -> Option<GivenCheck> {
        // The kind of check is shown if it is written, and not part of a value.
        let kind = written.bytes().split(|byte| *byte == b':').next().unwrap_or_default();
        let kind = std::str::from_utf8(kind).ok();
        let kind =
            kind.filter(|kind| kind.len() < 20 && kind.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        self.option(option.name(), Some(written), |value| {
            match (Check::read_for(option, value.bytes()), kind) {
                (Err(message), Some(kind)) if message.starts_with(UNKNOWN_CHECK) => {
                    Err(message.replacen(UNKNOWN_CHECK, &format!("{UNKNOWN_CHECK} '{kind}'"), 1))
                }
                (check, _) => {
                    Ok(GivenCheck { check: check?, value: value.clone(), template: as_template(written) })
                }
            }
        })
    }

    fn rewrite(&mut self, written: &'l [SourceText]) -> Option<(Vec<Rewrite>, Secrecy)> {
        let mut rewrites: Vec<Rewrite> = Vec::new();
        let mut secrecy = Secrecy::Public;
        for written in written {
            let rewrite = self.option("--rewrite", Some(written), |value| {
                let rewrite = text(value.bytes())?.parse::<Rewrite>().map_err(str::to_owned)?;
                Ok((rewrite, Secrecy::of(value)))
            });
            let Some((rewrite, its_secrecy)) = rewrite else { continue };
            if rewrites.iter().any(|other| other.from == rewrite.from) {
                self.problem(Diagnostic::about(written, "this signal is rewritten twice"));
            } else {
                rewrites.push(rewrite);
            }
            if its_secrecy == Secrecy::Secret {
                secrecy = Secrecy::Secret;
            }
        }
        (!rewrites.is_empty()).then_some((rewrites, secrecy))
    }

    /// The exported variables, then the `NAME=VALUE` words. The last of two with the same name counts, as in a shell.
    fn environment(&mut self, assignments: &'l [(String, SourceText)]) -> BTreeMap<String, TaintedBytes> {
        let mut env = self.exported.clone();
        for (name, value) in assignments {
            if let Some(text) = self.one(value) {
                self.check_size(name.len() + 1, value, &text);
                env.insert(name.clone(), text);
            }
        }
        env
    }

    /// PROGRAM and its arguments.
    fn argv(&mut self, command: &'l CommandArgs) -> Vec<TaintedBytes> {
        let words = &command.words;
        let problems_before = self.problems.count();
        let mut argv = Vec::with_capacity(words.len());
        for (written, kind) in words.iter().zip(ArgumentKind::of_words(command)) {
            let from = argv.len();
            self.expand(written, kind, &mut argv);
            for text in &argv[from..] {
                self.check_size(0, written, text);
            }
            self.lint_secrets(written, kind, &argv[from..]);
        }
        if self.problems.count() == problems_before {
            self.check_program(command, argv.first());
        }
        // A plan with problems is shown, and cannot show an empty program.
        if argv.first().is_none_or(TaintedBytes::is_empty) {
            argv.splice(..argv.len().min(1), words.first().map(|word| TaintedBytes::literal(word.bytes())));
        }
        argv
    }

    fn check_program(&mut self, command: &CommandArgs, program: Option<&TaintedBytes>) {
        let Some(written) = command.words.first() else { return };
        let message = match program.map(TaintedBytes::bytes) {
            None | Some(b"") => "the program is empty after expansion",
            // Written as such it is an option, or an error of its own.
            Some([b'-', _, ..]) if !command.is_escaped && !written.bytes().starts_with(b"-") => {
                "this expands to a program that begins with '-'; an option has to be written, and for a program '--' goes \
                 before it"
            }
            Some(_) => return,
        };
        self.problem(Diagnostic::about(written, message));
    }

    /// Parses the value of an option. A value that expands to nothing means that the option is not given.
    fn option<T>(
        &mut self,
        name: &str,
        written: Option<&'l SourceText>,
        parse: impl FnOnce(&TaintedBytes) -> Result<T, String>,
    ) -> Option<T> {
        let written = written?;
        if written.bytes().is_empty() {
            self.problem(Diagnostic::about(written, format!("{name} needs a value")));
            return None;
        }
        let value = self.one(written)?;
        if value.is_empty() {
            return None;
        }
        let parsed = if value.bytes().contains(&0) {
            Err("contains a NUL character, which no program can receive".to_owned())
        } else {
            parse(&value)
        };
        parsed
            .map_err(|message| self.problem(Diagnostic::about(written, with_subject(written, &message))))
            .ok()
    }
}

/// A message about a value with the value, if it is written, or the variables it comes from.
fn with_subject(written: &SourceText, message: &str) -> String {
    let subject = subject(written);
    if message.starts_with("not ") {
        format!("{subject} is {message}")
    } else if message.starts_with("contains ") {
        format!("{subject} {message}")
    } else if subject.starts_with("the value") {
        format!("{subject}: {message}")
    } else {
        message.to_owned()
    }
}

/// How a message names the value of a template: never by a value that may be secret.
pub(super) fn subject(written: &SourceText) -> String {
    const LONGEST: usize = 40;
    let template = crate::template::Template::parse(written.bytes());
    let mut names: Vec<&str> = template.references().map(|reference| reference.name).collect();
    names.dedup();
    let literal = std::str::from_utf8(written.bytes()).ok().filter(|text| text.chars().count() <= LONGEST);
    match (&names[..], literal.filter(|text| !text.contains(char::is_control))) {
        ([], Some(text)) if template.is_literal() => format!("'{text}'"),
        ([], _) => "this".to_owned(),
        ([name], _) => format!("the value of {name}"),
        (names, _) => format!("the value made of {}", names.join(" and ")),
    }
}

impl GivenName {
    /// Parses the name of a process.
    pub(super) fn parse(value: &TaintedBytes) -> Result<Self, String> {
        let name = text(value.bytes())?;
        if !plan::is_name(name) {
            return Err(NOT_A_NAME.to_owned());
        }
        let shown = String::from_utf8_lossy(&value.masked()).into_owned();
        Ok(Self { name: name.to_owned(), shown, secrecy: Secrecy::of(value) })
    }
}

fn text(value: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(value).map_err(|_| "not UTF-8".to_owned())
}

/// Parses a number of copies.
pub(super) fn replicas(value: &[u8]) -> Result<usize, String> {
    let digits = text(value)?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let count = digits.parse().ok().filter(|count| is_number && *count <= MOST_REPLICAS);
    count.ok_or_else(|| format!("not a number of copies; use 0 to {MOST_REPLICAS}"))
}

/// Parses a file mode creation mask.
fn umask(value: &[u8]) -> Result<u32, String> {
    let digits = text(value)?;
    let is_octal = digits.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    let mask = u32::from_str_radix(digits, 8).ok().filter(|mask| is_octal && *mask <= 0o777);
    mask.ok_or_else(|| "not a file mode creation mask; use octal digits up to 0777, such as 027".to_owned())
}

fn as_template(written: &SourceText) -> ByteString {
    ByteString(written.bytes().to_vec())
}
