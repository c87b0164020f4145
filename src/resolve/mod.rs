//! Resolves a command line and its variables to a plan, or reports every problem at once.

mod command;
mod deployment;
mod expansion;
mod files;
mod lints;
mod names;
mod order;
mod redaction;
mod secrecy;
mod selection;
mod sizes;
mod usage;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::cli::{CommandLine, View};
use crate::diagnostic::{Diagnostic, Problems, SourceText};
use crate::plan::{
    self, Deployment, Plan, ProcessKind, REPLICA_VARIABLE, SecretDisplay, Settings, Skipped, Variable,
};
use crate::resolve::redaction::Redaction;
use crate::resolve::selection::CommandList;
use crate::sys::limits::Capacity;
use crate::template::{Budget, Scope, TaintedBytes, Template};
use crate::text::suggest::Hints;
use crate::variables::{Loaded, Variables};
pub use deployment::names_with_default;
pub use files::ReadFile;
pub use usage::Usage;

/// A resolved command line.
#[derive(Debug)]
pub struct Resolved<'l> {
    /// The plan to execute, or to show if the line asks for that. A plan to show exists also for a line with problems:
    /// its invalid parts are as written.
    pub plan: Option<Plan>,
    /// The plan for several containers, if the line asks for that.
    pub deployment: Option<Deployment>,
    /// Every problem: those of the files, then those of the line in its order.
    pub problems: Vec<Diagnostic>,
    /// Probable mistakes.
    pub warnings: Vec<Diagnostic>,
    /// The variables, with the assignments of the line.
    pub variables: Variables,
    /// The variables used by the line, and where.
    pub usage: Usage<'l>,
    /// The variables that each rendered file refers to, by the path of its template.
    pub files: Vec<(String, BTreeSet<String>)>,
    /// Expansions in rendered files that have a default or a message for a missing value. Empty unless they are explained.
    pub worded_in_files: Vec<SourceText>,
    /// The rendered files that are left out.
    pub skipped_files: Vec<Skipped>,
    /// Whether a signal asked for a stop while a template was read. Then nothing else counts.
    pub was_stopped: bool,
}

impl Resolved<'_> {
    /// The variables that rendered files refer to and the line does not, by name.
    #[must_use]
    pub fn names_only_in_files(&self) -> Vec<&str> {
        only_in_files(&self.usage, &self.files).collect()
    }
}

/// Resolves a command line.
#[must_use]
pub fn resolve<'l>(
    line: &'l CommandLine,
    loaded: Loaded,
    capacity: Capacity,
    read: ReadFile<'_>,
) -> Resolved<'l> {
    let settings = loaded.settings;
    let mut resolver = Resolver::new(line, loaded.variables, loaded.warnings, settings.strict, capacity);
    // Files first: their assignments count for the line.
    let mut files = resolver.files(&loaded.files, &line.global.render, read);
    // In the order of the line, since `${NAME:=word}` assigns from left to right.
    let setup = resolver.commands(ProcessKind::Setup, &line.setup);
    let processes = resolver.commands(ProcessKind::Process, &line.processes);
    let dependencies = resolver.dependencies(&processes, &setup);
    let roles = deployment::roles(line, &setup, &processes);
    let mut file_problems = resolver.file_problems.finish();
    let mut own_problems = resolver.problems.finish();
    own_problems.sort_by_key(Diagnostic::place);
    let mut problems = loaded.problems;
    problems.append(&mut file_problems);
    problems.append(&mut own_problems);
    let warnings = resolver.warnings.finish();
    let redaction = match line.global.view {
        Some(View::Plan(_)) => Some(Redaction::new(line.global.secrets)),
        Some(View::Deployment(_)) => Some(Redaction::new(SecretDisplay::Mask)),
        None if problems.is_empty() => Some(Redaction::new(SecretDisplay::Show)),
        Some(View::Explain(_)) | None => None,
    };
    let used_by_files = files.usage();
    let worded_in_files = files.worded();
    let was_stopped = files.was_stopped;
    let skipped_files = std::mem::take(&mut files.skipped);
    let mut plan = redaction.map(|mut redaction| {
        let mut skipped = skipped_files.clone();
        let files = files.files.into_iter().map(|file| file.into_plan(&mut redaction)).collect();
        let (setup, mut skipped_setup) = setup.into_plan(&mut redaction, Vec::new());
        let (mut processes, mut skipped_processes) = processes.into_plan(&mut redaction, dependencies);
        for process in &mut processes {
            process.wait_also(&line.global.wait);
        }
        skipped.append(&mut skipped_setup);
        skipped.append(&mut skipped_processes);
        Plan {
            version: plan::VERSION,
            masked: redaction.has_masked(),
            files,
            setup,
            processes,
            settings: Settings {
                grace_ms: line.global.grace.or(settings.grace),
                start_timeout_ms: line.global.start_timeout.or(settings.start_timeout),
                output: line.global.output.or(settings.output).unwrap_or_default(),
                strict: resolver.strict,
                verbosity: line.global.verbosity.over(settings.verbosity),
                ready_fd: line.global.ready_fd,
            },
            variables: variables(&resolver.variables, &resolver.usage, &used_by_files),
            warnings: warnings.iter().map(ToString::to_string).collect(),
            skipped,
            problems: problems.iter().map(ToString::to_string).collect(),
        }
    });
    let deployment = roles.and_then(|roles| deployment::of(line, &resolver.variables, plan.take()?, roles));
    Resolved {
        plan,
        deployment,
        problems,
        warnings,
        variables: resolver.variables,
        usage: resolver.usage,
        files: used_by_files,
        worded_in_files,
        skipped_files,
        was_stopped,
    }
}

/// The variables used by the line, by its files, and by the defaults of those. Called at the end of the line, when its
/// assignments are known.
fn variables(
    variables: &Variables,
    usage: &Usage<'_>,
    files: &[(String, BTreeSet<String>)],
) -> Vec<Variable> {
    let mut names: Vec<&str> = usage.names().chain(only_in_files(usage, files)).collect();
    // Most lines have no default that refers to a variable, and then no name has to be looked for.
    let mut known: Option<HashSet<&str>> = None;
    let mut next = 0;
    while let Some(name) = names.get(next) {
        for name in variables.references_of_default(name) {
            if known.get_or_insert_with(|| names.iter().copied().collect()).insert(name) {
                names.push(name);
            }
        }
        next += 1;
    }
    let variable = |name: &str| Variable {
        name: name.to_owned(),
        source: variables.source(name),
        secret: variables.holds_secret(name),
    };
    // The number of a copy has no source: each copy has its own.
    let has_source = |name: &&str| *name != REPLICA_VARIABLE || variables.get(name).is_some();
    names.into_iter().filter(has_source).map(variable).collect()
}

/// The variables that files refer to and the line does not, by name.
fn only_in_files<'f>(
    usage: &Usage<'_>,
    files: &'f [(String, BTreeSet<String>)],
) -> impl Iterator<Item = &'f str> {
    let names: BTreeSet<&str> = files.iter().flat_map(|(_, names)| names).map(String::as_str).collect();
    let other: Vec<&str> = names.into_iter().filter(|name| !usage.contains(name)).collect();
    other.into_iter()
}

/// Expands the templates of a line and collects problems.
struct Resolver<'l> {
    line: &'l CommandLine,
    strict: bool,
    variables: Variables,
    capacity: Capacity,
    /// The environment that every process gets in addition to that of monofy.
    exported: BTreeMap<String, TaintedBytes>,
    /// The memory of the template expanded last, for the next one.
    scratch: Template<'static>,
    problems: Problems,
    /// The problems of rendered files, in their order.
    file_problems: Problems,
    warnings: Problems,
    /// The variables with a warning about a secret in an argument.
    secrets_in_arguments: BTreeSet<String>,
    usage: Usage<'l>,
    hints: Hints,
    budget: Budget,
}

impl<'l> Resolver<'l> {
    fn new(
        line: &'l CommandLine,
        variables: Variables,
        warnings: Vec<Diagnostic>,
        strict: Option<bool>,
        capacity: Capacity,
    ) -> Self {
        let words = line.setup.iter().chain(&line.processes).map(|command| command.words.len()).sum();
        let exported = variables.exported().into_iter();
        let mut resolver = Self {
            line,
            strict: line.global.strict.or(strict).unwrap_or(false),
            exported: exported.map(|(name, value)| (name.to_owned(), value.to_text())).collect(),
            variables,
            capacity,
            scratch: Template::parse(b""),
            problems: Problems::default(),
            file_problems: Problems::default(),
            warnings: Problems::default(),
            secrets_in_arguments: BTreeSet::new(),
            usage: Usage::of_arguments(words),
            hints: Hints::default(),
            budget: Budget::default(),
        };
        resolver.problems.merge(&line.problems);
        resolver.warnings.extend(warnings);
        resolver.warnings.merge(&line.warnings);
        let malformed = if resolver.strict { &mut resolver.problems } else { &mut resolver.warnings };
        malformed.merge(&line.malformed);
        resolver.check_exported();
        resolver
    }

    fn problem(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }
}

impl CommandList<'_> {
    /// The commands of the plan, and those that are left out. `dependencies` lists for each command the positions of
    /// those it waits for.
    fn into_plan(
        self,
        redaction: &mut Redaction,
        dependencies: Vec<Vec<usize>>,
    ) -> (Vec<plan::Process>, Vec<Skipped>) {
        let (commands, skipped) = self.into_parts();
        let names: Vec<String> = commands.iter().map(|(name, _)| name.clone()).collect();
        let mut dependencies = dependencies.into_iter();
        let processes = commands.into_iter().map(|(name, command)| {
            let after = dependencies.next().unwrap_or_default();
            let after = after.into_iter().map(|position| names[position].clone()).collect();
            command.into_process(name, after, redaction)
        });
        (processes.collect(), skipped)
    }
}
