//! The text of notices.

pub(super) mod unready;

use std::time::Duration;

use crate::exit::ExitReason;
use crate::plan::{CheckId, Restart, TaskId};
use crate::supervisor::launcher::Launcher;
use crate::supervisor::machine::notice::{Cause, Notice};
use crate::supervisor::machine::restart::RestartAttempt;
use crate::supervisor::notices::Level;
use crate::sys::procfs::Descendant;
use crate::text::shell::quote;

/// The level of a notice.
pub(super) fn level(notice: &Notice) -> Level {
    match notice {
        Notice::PassedOn(..) | Notice::Reaped(..) => Level::Detail,
        Notice::Started(..)
        | Notice::Skipped(_)
        | Notice::Ended(..)
        | Notice::EndedBySignal(..)
        | Notice::Restarting(_, ExitReason::Exited(0), _)
        | Notice::StoppingLeftovers(_)
        | Notice::Ready(_)
        | Notice::WaitsFor(..)
        | Notice::WaitsForChecks(..)
        | Notice::Stopping(..)
        | Notice::StoppingNext(_)
        | Notice::StopWaitsFor(..)
        | Notice::StoppingDescendants
        | Notice::Finished(_, 0) => Level::Info,
        Notice::Killed(..)
        | Notice::KilledLeftovers(..)
        | Notice::Interrupted
        | Notice::Restarting(..)
        | Notice::RestartFailed(..)
        | Notice::NotReady(..)
        | Notice::StillWaiting(..)
        | Notice::StillRunning(..)
        | Notice::Unkillable(..)
        | Notice::Finished(..) => Level::Warning,
    }
}

/// What only the event loop knows.
#[derive(Clone, Copy, Default)]
pub(super) struct Details<'d> {
    /// The descendants that are still there, if the notice lists them.
    pub(super) left: &'d [Descendant],
    /// Why the start has taken too long, if it has.
    pub(super) timed_out: &'d str,
}

/// The text of a notice.
pub(super) fn text(notice: &Notice, launcher: &Launcher<'_>, details: Details<'_>) -> String {
    let Details { left, timed_out } = details;
    let title = |id: &TaskId| title(launcher, *id);
    let titles = |ids: &[TaskId]| titles(launcher, ids);
    match notice {
        Notice::Started(id, pid) => {
            format!("{} started (pid {pid}): {}", title(id), template(launcher, *id))
        }
        Notice::Skipped(id) => format!("{} is skipped: its --creates path exists", title(id)),
        Notice::Ended(id, death) => format!("{} {death}", title(id)),
        Notice::EndedBySignal(id, signal) => format!("{} ended by {signal}", title(id)),
        Notice::Restarting(id, death, attempt) => {
            format!("{} {death}; restarting {}", title(id), when(*attempt))
        }
        Notice::RestartFailed(id, attempt) => {
            format!("{} could not be restarted; trying again {}", title(id), when(*attempt))
        }
        Notice::StoppingLeftovers(id) => {
            format!("stopping processes left behind by {}: {}", title(id), listed(left))
        }
        Notice::KilledLeftovers(id, after) => {
            format!("killed processes left behind by {}: not stopped after {}", title(id), seconds(*after))
        }
        Notice::Ready(id) => format!("{} is ready", title(id)),
        Notice::WaitsFor(id, others) => format!("{} waits for {}", title(id), titles(others)),
        Notice::WaitsForChecks(id, checks) => {
            let checks = checks.iter().map(|index| check(launcher, CheckId::wait(*id, *index)));
            format!("{} waits for {}", title(id), enumeration(checks.len(), checks))
        }
        Notice::StillWaiting(id, since) => {
            format!("{} has waited {} for {}", title(&id.task), seconds(*since), check(launcher, *id))
        }
        Notice::NotReady(id, since, waiting) => not_ready(launcher, *id, *since, waiting),
        Notice::Stopping(ids, cause) => {
            format!("stopping {}, because {}", titles(ids), because(launcher, *cause, timed_out))
        }
        Notice::StoppingNext(ids) => format!("stopping {}", titles(ids)),
        Notice::StopWaitsFor(id, others) => {
            format!("{} is not stopped yet: waiting for {}", title(id), titles(others))
        }
        Notice::PassedOn(signal, ids) => format!("{signal} passed on to {}", titles(ids)),
        Notice::Reaped(pid, death) => format!("orphan reaped (pid {pid}): it {death}"),
        Notice::StoppingDescendants => format!("stopping processes left behind: {}", listed(left)),
        Notice::Killed(ids, after) => {
            format!("killed {}: not stopped after {}", titles(ids), seconds(*after))
        }
        Notice::Interrupted => "interrupted again: killing everything".to_owned(),
        Notice::StillRunning(ids, after) => {
            let rest = if ids.is_empty() { listed(left) } else { titles(ids) };
            format!("still waiting for {rest} after {}", seconds(*after))
        }
        Notice::Unkillable(after) => {
            format!("still there {} after SIGKILL: {}", seconds(*after), listed(left))
        }
        Notice::Finished(Cause::ProgramMissing(_), status) => {
            format!("ended with status {status}: a program could not be started")
        }
        Notice::Finished(cause, status) => {
            format!("ended with status {status}, because {}", because(launcher, *cause, timed_out))
        }
    }
}

/// The name of a command for an error about it, with its program as it was written unless they are the same.
pub(super) fn command(launcher: &Launcher<'_>, id: TaskId) -> String {
    let process = launcher.process(id);
    let program = process.template.first().or(process.argv.first()).map(|program| shown(&program.0));
    match program.filter(|program| *program != process.name) {
        Some(program) => format!("{} ({program})", title(launcher, id)),
        None => title(launcher, id),
    }
}

/// A check as it was written. It is not quoted, since its own quotes would be hard to read then.
pub(super) fn check(launcher: &Launcher<'_>, id: CheckId) -> String {
    let written = launcher.process(id.task).check_template(id.role);
    written.map(|check| String::from_utf8_lossy(&check.0).into_owned()).unwrap_or_default()
}

/// A hint for a process of which nothing is seen.
pub(super) fn buffering(launcher: &Launcher<'_>, id: TaskId) -> String {
    format!(
        "{} has written nothing for 10 s; Python buffers its output to a pipe: set PYTHONUNBUFFERED=1, or give it \
         --tty",
        title(launcher, id)
    )
}

fn because(launcher: &Launcher<'_>, cause: Cause, timed_out: &str) -> String {
    match cause {
        Cause::SetupFailed(id, death) => format!("{} {death}", title(launcher, id)),
        Cause::FirstExit(id, death) => {
            format!("{} {death}{}", title(launcher, id), after_restarts(launcher, id, death))
        }
        Cause::ExitBeforeReady(id, death) => {
            let restarts = after_restarts(launcher, id, death);
            format!("{} {death} before it was ready{restarts}", title(launcher, id))
        }
        Cause::CouldNotStart(id, _) => format!("{} could not be started", title(launcher, id)),
        Cause::ProgramMissing(_) => "a program could not be started".to_owned(),
        Cause::Complete => "no process is left to run".to_owned(),
        Cause::StartTimeout => timed_out.to_owned(),
        Cause::Outside(signal) => format!("{signal} was received"),
        Cause::ReaderGone(stream) => format!("{stream} is no longer read"),
    }
}

/// A process that is restarted after a failure ends the run only when no attempt is left.
fn after_restarts(launcher: &Launcher<'_>, id: TaskId, death: ExitReason) -> String {
    match launcher.process(id).restart {
        Restart::OnFailure(Some(attempts)) if death != ExitReason::Exited(0) => {
            format!(", the last of {} attempts in a row", attempts.saturating_add(1))
        }
        Restart::No | Restart::OnFailure(_) | Restart::Always => String::new(),
    }
}

fn when(attempt: RestartAttempt) -> String {
    let of = attempt.of.map(|of| format!(" of {of}")).unwrap_or_default();
    format!("in {} (attempt {}{of})", seconds(attempt.after), attempt.attempt)
}

fn not_ready(launcher: &Launcher<'_>, id: TaskId, since: Duration, waiting: &[TaskId]) -> String {
    let check = check(launcher, CheckId::ready(id));
    let text = format!("{} is not ready after {} ({check})", title(launcher, id), seconds(since));
    match waiting {
        [] => text,
        [one] => format!("{text}; {} waits for it", title(launcher, *one)),
        _ => format!("{text}; {} wait for it", titles(launcher, waiting)),
    }
}

fn title(launcher: &Launcher<'_>, id: TaskId) -> String {
    let name = &launcher.process(id).name;
    if launcher.is_setup(id) { format!("setup {name}") } else { name.clone() }
}

/// How many names a notice lists; it counts the others.
const MANY: usize = 10;

fn titles(launcher: &Launcher<'_>, ids: &[TaskId]) -> String {
    enumeration(ids.len(), ids.iter().map(|id| title(launcher, *id)))
}

fn listed(descendants: &[Descendant]) -> String {
    if descendants.is_empty() {
        return "processes that /proc does not show".to_owned();
    }
    enumeration(descendants.len(), descendants.iter().map(|left| format!("{} (pid {})", left.name, left.pid)))
}

fn enumeration(count: usize, names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.take(MANY).collect();
    if count > MANY {
        return format!("{} and {} more", names.join(", "), count - MANY);
    }
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// The line of a command as it was written, which shows no value of a variable. A plan written by hand has only the
/// arguments.
fn template(launcher: &Launcher<'_>, id: TaskId) -> String {
    let process = launcher.process(id);
    let written = if process.template.is_empty() { &process.argv } else { &process.template };
    written.iter().map(|word| shown(&word.0)).collect::<Vec<_>>().join(" ")
}

/// A word as it was written, quoted only if white space would hide its ends: `$` needs no quotes here.
fn shown(word: &[u8]) -> String {
    let needs_quotes =
        word.is_empty() || word.iter().any(|b| b.is_ascii_whitespace() || matches!(b, b'\'' | b'"'));
    let shown = if needs_quotes { quote(word) } else { word.to_vec() };
    String::from_utf8_lossy(&shown).into_owned()
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
