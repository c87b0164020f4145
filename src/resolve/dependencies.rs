//! Who waits for whom: options that make no sense, names that nothing has, and circles.

use crate::cli::Command;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::plan::{self, DependencyError, NOT_FOR_SETUP};
use crate::resolve::Resolver;
use crate::resolve::command::ResolvedCommand;

impl Resolver<'_> {
    /// Options that make no sense for a setup command.
    pub(super) fn check_setup(&mut self, setup: &[Command]) {
        for command in setup {
            for written in command.restart.iter().chain(&command.ready).chain(&command.after) {
                self.problem(Diagnostic::about(written, NOT_FOR_SETUP));
            }
        }
    }

    /// Names that nothing has, and circles.
    pub(super) fn check_order(
        &mut self,
        commands: &[Command],
        processes: &[ResolvedCommand],
        setup: &[ResolvedCommand],
    ) {
        if processes.iter().all(|draft| draft.after.is_empty()) {
            return;
        }
        let orders: Vec<(&str, &[String])> =
            processes.iter().map(|draft| (draft.name.as_str(), draft.after.as_slice())).collect();
        for disorder in plan::dependency_errors(&orders) {
            let (written, message) = match disorder {
                // It has a problem of its own already.
                DependencyError::Unknown(process, place) if orders[process].1[place].is_empty() => continue,
                DependencyError::Unknown(process, place) => {
                    let name = &orders[process].1[place];
                    let message = if setup.iter().any(|draft| draft.name == *name) {
                        "this is a setup command, and they are over before any process is started".to_owned()
                    } else {
                        let hint = self.hints.hint(name, orders.iter().map(|(name, _)| *name));
                        format!("there is no process of this name{hint}")
                    };
                    (&commands[process].after[place], message)
                }
                DependencyError::Circle(circle) => self::circle(commands, &orders, &circle),
            };
            self.problem(Diagnostic::about(written, message));
        }
    }
}

/// Where a circle can be shown, and what is wrong with it.
fn circle<'c>(
    commands: &'c [Command],
    orders: &[(&str, &[String])],
    circle: &[usize],
) -> (&'c SourceText, String) {
    let name = |place: usize| orders[circle[place % circle.len()]].0;
    let place = orders[circle[0]].1.iter().position(|after| after == name(1)).unwrap_or_default();
    let message = if circle.len() == 1 {
        "a process cannot wait for itself".to_owned()
    } else {
        let waits: Vec<&str> = (1..=circle.len()).map(name).collect();
        format!(
            "{} waits for {}: none of them would ever be started",
            name(0),
            waits.join(", which waits for ")
        )
    };
    (&commands[circle[0]].after[place], message)
}
