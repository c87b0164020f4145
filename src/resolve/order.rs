//! Resolves `--after` to positions in the plan, and reports unknown names and cycles.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::diagnostic::{Diagnostic, SourceText};
use crate::plan;
use crate::resolve::Resolver;
use crate::resolve::command::{GivenName, ResolvedCommand, subject};
use crate::resolve::secrecy::Secrecy;
use crate::resolve::selection::{CommandList, Entry, Outcome};
use crate::text::suggest::Hints;

/// The processes by name.
struct Targets<'n> {
    entries: &'n [Entry<'n>],
    by_name: BTreeMap<&'n str, usize>,
    /// For each entry, the positions of its copies in the plan. A process that is left out has none.
    positions: Vec<Range<usize>>,
}

impl<'n> Targets<'n> {
    fn of(entries: &'n [Entry<'n>]) -> Self {
        let names = entries.iter().enumerate().map(|(index, entry)| (entry.names.name.as_str(), index));
        let mut next = 0;
        let positions = entries.iter().map(|entry| {
            let start = next;
            next += entry.commands().len();
            start..next
        });
        Self { entries, by_name: names.collect(), positions: positions.collect() }
    }

    /// The positions of all copies of the process with this name, or of the copy with this name. `None` if no process
    /// has the name.
    fn find(&self, name: &str) -> Option<Range<usize>> {
        if let Some(index) = self.by_name.get(name) {
            return Some(self.positions[*index].clone());
        }
        // A copy's name is that of its process and a number.
        let (process, _) = name.rsplit_once('.')?;
        let index = *self.by_name.get(process)?;
        let names = &self.entries[index].names;
        let positions = names.positions_of_copy(names.number_of_copy(name)?);
        let start = self.positions[index].start;
        Some(start + positions.start..start + positions.end)
    }
}

impl Entry<'_> {
    fn commands(&self) -> &[ResolvedCommand] {
        match &self.outcome {
            Outcome::Run(commands) => commands,
            Outcome::Skipped(_) => &[],
        }
    }
}

/// A command of the plan, and where it comes from.
#[derive(Clone, Copy)]
struct Copy<'o> {
    entry: &'o Entry<'o>,
    /// Its position among the copies that run.
    position: usize,
    command: &'o ResolvedCommand,
}

impl Copy<'_> {
    fn shown(&self) -> String {
        self.entry.names.shown_of_copies().nth(self.position).unwrap_or_default()
    }
}

impl Resolver<'_> {
    /// The positions of the processes that each process waits for.
    pub(super) fn dependencies(
        &mut self,
        processes: &CommandList<'_>,
        setup: &CommandList<'_>,
    ) -> Vec<Vec<usize>> {
        if processes.entries.iter().all(|entry| entry.args.after.is_empty()) {
            return Vec::new();
        }
        let targets = Targets::of(&processes.entries);
        let mut unknown = UnknownNames::of(&targets, setup);
        let copies: Vec<Copy<'_>> = processes
            .entries
            .iter()
            .flat_map(|entry| {
                let commands = entry.commands().iter().enumerate();
                commands.map(move |(position, command)| Copy { entry, position, command })
            })
            .collect();
        let mut reported = BTreeSet::new();
        let mut dependencies = Vec::with_capacity(copies.len());
        for copy in &copies {
            let mut after = BTreeSet::new();
            for (written, name) in copy.entry.args.after.iter().zip(&copy.command.after) {
                // An invalid name has a problem already.
                let Some(name) = name else { continue };
                match targets.find(&name.name) {
                    Some(positions) => after.extend(positions),
                    // All copies have the same options.
                    None if reported.insert(written.argument()) => {
                        let problem = unknown.problem(written, name, &mut self.hints);
                        self.problem(problem);
                    }
                    None => {}
                }
            }
            dependencies.push(after.into_iter().collect::<Vec<_>>());
        }
        if unknown.count == 0
            && let Some(cycle) = plan::find_cycle(&dependencies)
        {
            self.problem(cycle_problem(&cycle, &copies, &targets));
        }
        dependencies
    }
}

/// Reports unknown names.
struct UnknownNames<'n> {
    count: usize,
    setup: BTreeSet<&'n str>,
    known: Vec<&'n str>,
}

impl<'n> UnknownNames<'n> {
    fn of(targets: &Targets<'n>, setup: &'n CommandList<'_>) -> Self {
        // Secret names are not suggested.
        let known = targets.entries.iter().filter(|entry| entry.names.name == entry.names.shown);
        Self {
            count: 0,
            setup: setup.entries.iter().map(|entry| entry.names.name.as_str()).collect(),
            known: known.map(|entry| entry.names.shown.as_str()).collect(),
        }
    }

    fn problem(&mut self, written: &SourceText, name: &GivenName, hints: &mut Hints) -> Diagnostic {
        self.count += 1;
        if self.setup.contains(name.name.as_str()) {
            let message =
                "this is a setup command, and every setup command has ended before a process is started";
            return Diagnostic::about(written, message);
        }
        let hint = match name.secrecy {
            Secrecy::Public => hints.hint(&name.name, self.known.iter().copied()),
            Secrecy::Secret => String::new(),
        };
        let subject = subject(written);
        let preposition = if subject.starts_with('\'') { "" } else { "by " };
        Diagnostic::about(written, format!("no process is named {preposition}{subject}{hint}"))
    }
}

/// The problem of a cycle, at the option of its first process.
fn cycle_problem(cycle: &[usize], copies: &[Copy<'_>], targets: &Targets<'_>) -> Diagnostic {
    let copy = |index: usize| copies[cycle[index % cycle.len()]];
    let next = cycle[1 % cycle.len()];
    let first = copy(0);
    let option = first.command.after.iter().position(|name| {
        let positions = name.as_ref().and_then(|name| targets.find(&name.name));
        positions.is_some_and(|positions| positions.contains(&next))
    });
    let message = if cycle.len() == 1 {
        "a process cannot wait for itself".to_owned()
    } else {
        let waits: Vec<String> = (1..=cycle.len()).map(|index| copy(index).shown()).collect();
        let waits = waits.join(", which waits for ");
        format!("{} waits for {waits}: none of them could be started", first.shown())
    };
    Diagnostic::about(&first.entry.args.after[option.unwrap_or_default()], message)
}
