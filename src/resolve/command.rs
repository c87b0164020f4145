//! One PROCESS of the line, with everything in it expanded.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::cli::Command;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::etc::passwd;
use crate::plan::{
    self, ByteString, NOT_A_NAME, ParseTimeoutError, Process, Ready, Restart, SecretRanges, Timeout,
};
use crate::resolve::Resolver;
use crate::resolve::lints::ArgumentKind;
use crate::signal::SignalNumber;
use crate::template::TaintedBytes;

/// One command, of which is still known what came from secrets. What of it has problems is as it was written.
pub(super) struct ResolvedCommand {
    /// Without secrets, since notices show it.
    pub(super) name: String,
    argv: Vec<TaintedBytes>,
    template: Vec<ByteString>,
    env: BTreeMap<String, TaintedBytes>,
    stop_signal: Option<(SignalNumber, bool)>,
    stop_timeout: Option<(Timeout, bool)>,
    user: Option<TaintedBytes>,
    workdir: Option<TaintedBytes>,
    tty: bool,
    restart: Option<(Restart, bool)>,
    ready: Option<(Ready, TaintedBytes)>,
    ready_template: Option<ByteString>,
    pub(super) after: Vec<String>,
}

/// Who looks at it: the supervisor, or somebody from whom secrets are kept.
pub(super) struct Redaction {
    masked: bool,
    missed: bool,
}

impl Redaction {
    /// They see everything.
    pub(super) fn open() -> Self {
        Self { masked: false, missed: false }
    }

    /// They see no secret.
    pub(super) fn masked() -> Self {
        Self { masked: true, missed: false }
    }

    /// Whether something was kept from them.
    pub(super) fn have_missed_something(&self) -> bool {
        self.missed
    }

    fn miss(&mut self, is_secret: bool) -> bool {
        let missed = self.masked && is_secret;
        self.missed |= missed;
        missed
    }

    fn see(&mut self, value: TaintedBytes) -> ByteString {
        ByteString(if self.miss(value.has_secret()) { value.masked() } else { value.into_bytes() })
    }

    /// What cannot be masked is left out.
    fn see_whole<T>(&mut self, value: Option<(T, bool)>) -> Option<T> {
        let (value, is_secret) = value?;
        (!self.miss(is_secret)).then_some(value)
    }

    /// Left out where it does not make sense any more without the secrets.
    fn see_ready(&mut self, ready: Option<(Ready, TaintedBytes)>) -> Option<Ready> {
        let (ready, value) = ready?;
        if self.miss(value.has_secret()) { Ready::read(&value.masked()).ok() } else { Some(ready) }
    }
}

impl ResolvedCommand {
    /// The process that these eyes see.
    pub(super) fn redact(self, eyes: &mut Redaction) -> Process {
        Process {
            name: self.name,
            argv: self.argv.into_iter().map(|value| eyes.see(value)).collect(),
            template: self.template,
            env: self.env.into_iter().map(|(name, value)| (name, eyes.see(value))).collect(),
            stop_signal: eyes.see_whole(self.stop_signal),
            stop_timeout_ms: eyes.see_whole(self.stop_timeout),
            user: self.user.map(|value| eyes.see(value)),
            workdir: self.workdir.map(|value| eyes.see(value)),
            tty: self.tty,
            restart: eyes.see_whole(self.restart).unwrap_or_default(),
            ready: eyes.see_ready(self.ready),
            ready_template: self.ready_template,
            after: self.after,
            once: false,
            creates: None,
            umask: None,
            rewrite: Vec::new(),
            secrets: SecretRanges::default(),
        }
    }
}

impl<'l> Resolver<'l> {
    pub(super) fn commands(&mut self, commands: &'l [Command]) -> Vec<ResolvedCommand> {
        let mut names = Names::default();
        let mut drafts: Vec<ResolvedCommand> =
            commands.iter().map(|command| self.command(command, &mut names)).collect();
        // A name that is given stays, wherever in the line; those that are made up keep out of its way.
        for draft in drafts.iter_mut().filter(|draft| draft.name.is_empty()) {
            let program = draft.argv.first().map(TaintedBytes::masked).unwrap_or_default();
            draft.name = names.unique(&base_name(&String::from_utf8_lossy(&program)));
        }
        drafts
    }

    /// One command. Without a name that is given its name is empty; `names` are those that were given so far.
    fn command(&mut self, command: &'l Command, names: &mut Names) -> ResolvedCommand {
        let name = self.option(command.name.as_ref(), |value| given_name(value, names));
        let stop_signal = self.option(command.stop_signal.as_ref(), |value| {
            let signal = text(value.bytes())?.parse::<SignalNumber>().map_err(|error| error.to_string())?;
            Ok((signal, value.has_secret()))
        });
        let stop_timeout = self.option(command.stop_timeout.as_ref(), |value| {
            Ok((stop_timeout(value.bytes())?, value.has_secret()))
        });
        let user = self.option(command.user.as_ref(), |value| {
            passwd::check_form(value.bytes()).map_err(|error| error.to_string())?;
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
        let after = command
            .after
            .iter()
            .map(|written| self.option(Some(written), |value| self::name(&value.masked())));
        // What is wrong keeps its place in the list, as a name that nothing has.
        let after: Vec<String> = after.map(Option::unwrap_or_default).collect();
        let env = self.environment(&command.assignments);
        let argv = self.words(command);
        self.check_whole(command, &argv, &env);
        ResolvedCommand {
            name: name.unwrap_or_default(),
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
            after,
        }
    }

    /// The variables that every process has, then the `NAME=VALUE` words; of two with one name the last counts, as in
    /// a shell.
    fn environment(&mut self, assignments: &'l [(String, SourceText)]) -> BTreeMap<String, TaintedBytes> {
        let exported = self.variables.exported().into_iter();
        let mut env: BTreeMap<String, TaintedBytes> =
            exported.map(|(name, value)| (name.to_owned(), value.to_text())).collect();
        for (name, value) in assignments {
            if let Some(text) = self.one(value) {
                self.check_size(name.len() + 1, value, &text);
                env.insert(name.clone(), text);
            }
        }
        env
    }

    /// PROGRAM and its arguments.
    fn words(&mut self, command: &'l Command) -> Vec<TaintedBytes> {
        let words = &command.words;
        let before = self.problems.len();
        let mut argv = Vec::with_capacity(words.len());
        for (written, kind) in words.iter().zip(ArgumentKind::of_words(command)) {
            let from = argv.len();
            self.expand(written, kind, &mut argv);
            for text in &argv[from..] {
                self.check_size(0, written, text);
            }
        }
        if self.problems.len() == before && argv.first().is_none_or(TaintedBytes::is_empty) {
            let what = "the program is empty: nothing is left of it when it is expanded";
            words.iter().take(1).for_each(|program| self.problem(Diagnostic::about(program, what)));
        }
        // What has problems is shown, and a program that is empty cannot be.
        if argv.first().is_none_or(TaintedBytes::is_empty) {
            argv.splice(..argv.len().min(1), words.first().map(|word| TaintedBytes::literal(word.bytes())));
        }
        argv
    }

    /// The value of an option, read.
    fn option<T>(
        &mut self,
        written: Option<&'l SourceText>,
        read: impl FnOnce(&TaintedBytes) -> Result<T, String>,
    ) -> Option<T> {
        let written = written?;
        let value = self.one(written)?;
        read(&value).map_err(|message| self.problem(Diagnostic::about(written, message))).ok()
    }
}

/// A name that is given, and kept from being given again. No secret can be one.
fn given_name(value: &TaintedBytes, names: &mut Names) -> Result<String, String> {
    let given = name(value.bytes())?;
    if !names.taken.insert(given.clone()) {
        return Err("another process has this name; names are unique".to_owned());
    }
    if !value.has_secret() {
        return Ok(given);
    }
    Ok(names.unique(&String::from_utf8_lossy(&value.masked())))
}

fn text(value: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(value).map_err(|_| "the value is not UTF-8".to_owned())
}

fn name(value: &[u8]) -> Result<String, String> {
    let name = text(value)?;
    if plan::is_name(name) { Ok(name.to_owned()) } else { Err(NOT_A_NAME.to_owned()) }
}

fn stop_timeout(value: &[u8]) -> Result<Timeout, String> {
    text(value)?.parse().map_err(|error: ParseTimeoutError| error.to_string())
}

fn as_template(written: &SourceText) -> ByteString {
    ByteString(written.bytes().to_vec())
}

/// The base name of a program.
fn base_name(program: &str) -> String {
    let base = Path::new(program).file_name().unwrap_or(program.as_ref()).to_string_lossy();
    base.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// The names of the line so far.
#[derive(Default)]
struct Names {
    taken: BTreeSet<String>,
    /// The next number to try behind a name: the smaller ones are taken, and looking at all of them again for each
    /// of a thousand like commands would be most of the work.
    next: Vec<(String, usize)>,
}

impl Names {
    /// A name that nothing has from now on; with `.2`, `.3` and so on where another one has it.
    fn unique(&mut self, base: &str) -> String {
        let mut name = base.to_owned();
        if self.taken.contains(&name) {
            let index = self.next.iter().position(|(known, _)| known == base).unwrap_or_else(|| {
                self.next.push((base.to_owned(), 2));
                self.next.len() - 1
            });
            let number = &mut self.next[index].1;
            while self.taken.contains(&name) {
                name = format!("{base}.{number}");
                *number += 1;
            }
        }
        self.taken.insert(name.clone());
        name
    }
}
