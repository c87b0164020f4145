//! From the line and the variables to a plan, or to every problem at once.

mod checks;
mod command;
mod dependencies;
mod expansion;
mod lints;
mod usage;

use command::{Redaction, ResolvedCommand};
pub use usage::Uses;

use crate::cli::{Line, View};
use crate::diagnostic::Diagnostic;
use crate::plan::{self, Plan, Process, Settings, Variable};
use crate::sys::limits::Capacity;
use crate::template::{Budget, Template};
use crate::text::suggest::Hints;
use crate::variables::{Loaded, Variables};

/// What becomes of a line.
#[derive(Debug)]
pub struct Resolved<'l> {
    /// What is to be executed; nothing when there are problems. Where the line asks for the plan, the plan for eyes:
    /// without secrets, unless these are to be shown, and with what has problems as it was written. Where it asks for
    /// something else, nothing.
    pub plan: Option<Plan>,
    /// Every problem: those of the files, then those of the line in its order.
    pub problems: Vec<Diagnostic>,
    /// What looks like a mistake and is none for certain.
    pub warnings: Vec<Diagnostic>,
    /// The variables, with what the line has assigned.
    pub variables: Variables,
    /// Which of them the line uses, and where.
    pub uses: Uses<'l>,
}

/// Resolves a line.
#[must_use]
pub fn resolve(line: &Line, loaded: Loaded, capacity: Capacity) -> Resolved<'_> {
    let (global, settings) = (&line.global, loaded.settings);
    let strict = global.strict.or(settings.strict).unwrap_or(false);
    let mut resolver = Resolver {
        strict,
        variables: loaded.variables,
        capacity,
        problems: line.problems.clone(),
        scratch: Template::parse(b""),
        warnings: loaded.warnings,
        hints: Hints::default(),
        budget: Budget::default(),
        uses: Uses::of_arguments(
            line.setup.iter().chain(&line.processes).map(|command| command.words.len()).sum(),
        ),
    };
    // In the order in which it is written, since `${NAME:=word}` works from left to right.
    let setup = resolver.commands(&line.setup);
    let processes = resolver.commands(&line.processes);
    resolver.check_setup(&line.setup);
    resolver.check_order(&line.processes, &processes, &setup);
    resolver.problems.sort_by_key(Diagnostic::place);
    // Those of the files first, each file's in its own order.
    let mut problems = loaded.problems;
    problems.append(&mut resolver.problems);
    let mut eyes = match global.view {
        Some(View::Plan(_)) if !global.show_secrets => Some(Redaction::masked()),
        Some(View::Plan(_)) => Some(Redaction::open()),
        None if problems.is_empty() => Some(Redaction::open()),
        Some(View::Explain(_)) | None => None,
    };
    let plan = eyes.as_mut().map(|eyes| {
        let mut seen = |drafts: Vec<ResolvedCommand>| -> Vec<Process> {
            drafts.into_iter().map(|draft| draft.redact(eyes)).collect()
        };
        let (setup, processes) = (seen(setup), seen(processes));
        Plan {
            version: plan::VERSION,
            masked: eyes.have_missed_something(),
            setup,
            processes,
            settings: Settings {
                grace_ms: global.grace.or(settings.grace),
                output: global.output.or(settings.output).unwrap_or_default(),
                strict,
                verbosity: global.verbosity.over(settings.verbosity),
                ready_fd: global.ready_fd,
            },
            variables: variables(&resolver.variables, &resolver.uses),
            warnings: resolver.warnings.iter().map(ToString::to_string).collect(),
            skipped: Vec::new(),
            problems: problems.iter().map(ToString::to_string).collect(),
        }
    });
    Resolved {
        plan,
        problems,
        warnings: resolver.warnings,
        variables: resolver.variables,
        uses: resolver.uses,
    }
}

/// The variables that the line uses. Only at its end is known what the line itself assigns.
fn variables(variables: &Variables, uses: &Uses<'_>) -> Vec<Variable> {
    let variable = |name: &str| Variable {
        name: name.to_owned(),
        source: variables.source(name),
        secret: variables.holds_secret(name),
    };
    uses.names().map(variable).collect()
}

struct Resolver<'l> {
    strict: bool,
    variables: Variables,
    capacity: Capacity,
    /// Of the argument that was expanded last, for the next one.
    scratch: Template<'static>,
    problems: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    uses: Uses<'l>,
    hints: Hints,
    budget: Budget,
}

impl Resolver<'_> {
    fn problem(&mut self, diagnostic: Diagnostic) {
        self.problems.push(diagnostic);
    }
}
