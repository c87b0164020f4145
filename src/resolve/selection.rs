//! Decides which commands of the line run, and how many copies of them (contract, 1.3 and 1.4).

use std::collections::BTreeSet;

use crate::cli::{CommandArgs, SetupMode};
use crate::diagnostic::{Diagnostic, Problems, SourceText};
use crate::plan::{ProcessKind, REPLICA_VARIABLE, Skipped};
use crate::resolve::Resolver;
use crate::resolve::command::{GivenName, ResolvedCommand, replicas};
use crate::resolve::names::{NameDraft, Names, ProcessNames};
use crate::template::{Scope, TaintedBytes, Template, UnsetPolicy, Value};
use crate::text::boolean;
use crate::variables::Variables;

/// The setup commands or the processes of the line.
#[derive(Debug)]
pub(super) struct CommandList<'l> {
    pub(super) kind: ProcessKind,
    pub(super) entries: Vec<Entry<'l>>,
}

/// A PROCESS of the line.
#[derive(Debug)]
pub(super) struct Entry<'l> {
    pub(super) args: &'l CommandArgs,
    pub(super) names: ProcessNames,
    pub(super) outcome: Outcome,
}

/// What becomes of a PROCESS.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It runs, perhaps in several copies.
    Run(Vec<ResolvedCommand>),
    /// It is left out for this reason.
    Skipped(String),
}

impl CommandList<'_> {
    /// The commands that run, each with its name, in the order of the plan; and those that are left out.
    pub(super) fn into_parts(self) -> (Vec<(String, ResolvedCommand)>, Vec<Skipped>) {
        let mut running = Vec::new();
        let mut skipped = Vec::new();
        for entry in self.entries {
            match entry.outcome {
                Outcome::Run(commands) => running.extend(entry.names.shown_of_copies().zip(commands)),
                Outcome::Skipped(reason) => {
                    skipped.push(Skipped { name: entry.names.shown, kind: self.kind.into(), reason });
                }
            }
        }
        (running, skipped)
    }
}

/// Which processes `--only` selects.
enum Selection {
    All,
    /// For each process of the line, the copies that run: all, or some by their numbers.
    Some(Vec<SelectedCopies>),
}

#[derive(Clone, Default)]
struct SelectedCopies {
    is_whole: bool,
    /// From 1.
    numbers: BTreeSet<usize>,
}

impl SelectedCopies {
    fn contains(&self, number: usize) -> bool {
        self.is_whole || self.numbers.contains(&number)
    }

    fn is_empty(&self) -> bool {
        !self.is_whole && self.numbers.is_empty()
    }
}

impl<'l> Resolver<'l> {
    /// Resolves the setup commands or the processes of the line.
    pub(super) fn commands(&mut self, kind: ProcessKind, commands: &'l [CommandArgs]) -> CommandList<'l> {
        let selection = match (kind, &self.line.global.only) {
            (ProcessKind::Process, Some(only)) => self.selection(only, commands),
            (ProcessKind::Process, None) | (ProcessKind::Setup, _) => Selection::All,
        };
        let mut names = Names::default();
        let mut drafts = Vec::with_capacity(commands.len());
        let mut outcomes = Vec::with_capacity(commands.len());
        for (index, command) in commands.iter().enumerate() {
            let selected = match &selection {
                Selection::All => None,
                Selection::Some(selected) => Some(&selected[index]),
            };
            let (mut draft, outcome) = self.entry(kind, command, selected);
            if let (Some(text), true) = (&command.name, names.is_duplicate(&draft)) {
                self.problem(Diagnostic::about(text, "another process has this name; names are unique"));
            }
            names.take(&mut draft);
            drafts.push(draft);
            outcomes.push(outcome);
        }
        let entries = commands.iter().zip(drafts).zip(outcomes);
        let entries = entries
            .map(|((args, draft), outcome)| Entry { args, names: names.finish(draft), outcome })
            .collect();
        CommandList { kind, entries }
    }

    fn entry(
        &mut self,
        kind: ProcessKind,
        command: &'l CommandArgs,
        selected: Option<&SelectedCopies>,
    ) -> (NameDraft, Outcome) {
        let reason = match (kind, self.line.global.setup) {
            (ProcessKind::Setup, SetupMode::Skip) => Some("--setup=skip".to_owned()),
            (ProcessKind::Process, SetupMode::Only) => Some("--setup=only".to_owned()),
            (_, SetupMode::Run | SetupMode::Skip | SetupMode::Only) => {
                let is_selected = selected.is_none_or(|selected| !selected.is_empty());
                if is_selected { self.condition(command) } else { Some("--only".to_owned()) }
            }
        };
        if let Some(reason) = reason {
            return (self.trial_draft(command), Outcome::Skipped(reason));
        }
        let given = self.given_name(command);
        let replicas = self.replicas(command).filter(|_| kind == ProcessKind::Process);
        let Some(count) = replicas else {
            let resolved = self.command(kind, command);
            let base = resolved.argv.first().map(TaintedBytes::masked).unwrap_or_default();
            return (NameDraft::new(given, &base, None), Outcome::Run(vec![resolved]));
        };
        let numbers: Vec<usize> =
            (1..=count).filter(|number| selected.is_none_or(|selected| selected.contains(*number))).collect();
        if numbers.is_empty() {
            let reason = if count == 0 { "--replicas is 0" } else { "--only" };
            let mut draft = self.trial_draft(command);
            draft.given = given;
            return (draft, Outcome::Skipped(reason.to_owned()));
        }
        let copies = self.copies(kind, command, &numbers);
        let base = copies.first().and_then(|copy| copy.argv.first()).map(TaintedBytes::masked);
        (NameDraft::new(given, &base.unwrap_or_default(), Some((count, numbers))), Outcome::Run(copies))
    }

    /// Expands each copy with its number in `MONOFY_REPLICA`. Problems that all copies share are reported once.
    fn copies(
        &mut self,
        kind: ProcessKind,
        command: &'l CommandArgs,
        numbers: &[usize],
    ) -> Vec<ResolvedCommand> {
        let outer_problems = std::mem::take(&mut self.problems);
        let outer_warnings = std::mem::take(&mut self.warnings);
        let outer_value = self.variables.replace_assigned(REPLICA_VARIABLE, None);
        let mut collected = (outer_problems, outer_warnings);
        let mut known: (Vec<Diagnostic>, Vec<Diagnostic>) = (Vec::new(), Vec::new());
        let mut copies = Vec::with_capacity(numbers.len());
        for number in numbers {
            let value = TaintedBytes::literal(number.to_string().as_bytes());
            self.variables.replace_assigned(REPLICA_VARIABLE, Some(value.clone()));
            let mut copy = self.command(kind, command);
            copy.env.entry(REPLICA_VARIABLE.to_owned()).or_insert(value);
            copies.push(copy);
            collect(&mut self.problems, &mut collected.0, &mut known.0);
            collect(&mut self.warnings, &mut collected.1, &mut known.1);
        }
        self.variables.replace_assigned(REPLICA_VARIABLE, outer_value);
        (self.problems, self.warnings) = collected;
        copies
    }

    /// Why a command is left out by `--if` or `--unless`.
    fn condition(&mut self, command: &'l CommandArgs) -> Option<String> {
        if let Some(condition) = &command.condition
            && self.condition_value(condition).is_some_and(|value| boolean::is_false(value.bytes()))
        {
            return Some(format!("--if={} is false", shown(condition)));
        }
        if let Some(exception) = &command.exception
            && self.condition_value(exception).is_some_and(|value| !boolean::is_false(value.bytes()))
        {
            return Some(format!("--unless={} is true", shown(exception)));
        }
        None
    }

    fn condition_value(&mut self, condition: &'l SourceText) -> Option<TaintedBytes> {
        let value = self.one(condition);
        // A missing value is no problem, and no condition either.
        if self.variables.shows_defaults_only() {
            value.or_else(|| trial(&self.variables, condition))
        } else {
            value
        }
    }

    /// The processes that `--only` names. The names are those at the start of the line, before its assignments.
    fn selection(&mut self, only: &'l SourceText, commands: &'l [CommandArgs]) -> Selection {
        let mut names = Names::default();
        let mut drafts: Vec<NameDraft> = commands.iter().map(|command| self.trial_draft(command)).collect();
        for draft in &mut drafts {
            names.take(draft);
        }
        let all: Vec<ProcessNames> = drafts.into_iter().map(|draft| names.finish(draft)).collect();
        let mut selected = vec![SelectedCopies::default(); commands.len()];
        let mut start = 0;
        for written in only.bytes().split(|byte| *byte == b',') {
            let span = start..start + written.len();
            start = span.end + 1;
            let name = String::from_utf8_lossy(written.trim_ascii());
            if name.is_empty() {
                continue;
            }
            let mut is_known = false;
            for (names, selected) in all.iter().zip(&mut selected) {
                if names.name == name {
                    (selected.is_whole, is_known) = (true, true);
                } else if let Some(number) = names.number_of_copy(&name) {
                    selected.numbers.insert(number);
                    is_known = true;
                }
            }
            if !is_known {
                let message =
                    format!("no process is named '{}'; the processes are {}", printable(&name), list(&all));
                self.problem(Diagnostic::at(only, span, message));
            }
        }
        Selection::Some(selected)
    }

    /// The names that a command would have, without effect on variables and without problems.
    fn trial_draft(&self, command: &CommandArgs) -> NameDraft {
        let value = |written: &SourceText| trial(&self.variables, written).filter(|value| !value.is_empty());
        let given = command.name.as_ref().and_then(value).and_then(|value| GivenName::parse(&value).ok());
        let program = command.words.first().and_then(value);
        let program = program.unwrap_or_else(|| {
            TaintedBytes::literal(command.words.first().map(SourceText::bytes).unwrap_or_default())
        });
        let count = command.replicas.as_ref().and_then(value).and_then(|value| replicas(value.bytes()).ok());
        NameDraft::new(given, &program.masked(), count.map(|count| (count, (1..=count).collect())))
    }
}

/// Moves the problems of one copy to the others, without those that an earlier copy had.
fn collect(from: &mut Problems, to: &mut Problems, known: &mut Vec<Diagnostic>) {
    for problem in std::mem::take(from).finish() {
        if !known.contains(&problem) {
            to.push(problem.clone());
            known.push(problem);
        }
    }
}

/// Expands a template without effect on the variables. `None` if it has problems or is no single value.
fn trial(variables: &Variables, written: &SourceText) -> Option<TaintedBytes> {
    let template = Template::parse(written.bytes());
    let mut texts = template.expand(&mut ReadOnly(variables), UnsetPolicy::Empty).ok()?;
    (!texts.is_empty()).then(|| texts.swap_remove(0))
}

/// Variables that ignore assignments.
struct ReadOnly<'v>(&'v Variables);

impl Scope for ReadOnly<'_> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.0.get(name)
    }

    fn assign(&mut self, _: &str, _: TaintedBytes) {}
}

/// A template in a reason, as written.
pub(super) fn shown(written: &SourceText) -> String {
    const LONGEST: usize = 60;
    let text = String::from_utf8_lossy(written.bytes());
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(end, _)| end);
    let ellipsis = if end < text.len() { "…" } else { "" };
    printable(&text[..end]) + ellipsis
}

pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The names of the processes, for an error.
fn list(names: &[ProcessNames]) -> String {
    const MOST: usize = 20;
    let shown: Vec<&str> = names.iter().take(MOST).map(|names| names.shown.as_str()).collect();
    let more = if names.len() > MOST { ", …" } else { "" };
    shown.join(", ") + more
}
