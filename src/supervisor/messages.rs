//! Notices as the user reads them.

use std::time::Duration;

use crate::exit::ExitReason;
use crate::plan::TaskId;
use crate::plan::{Ready, Restart};
use crate::supervisor::launcher::Launcher;
use crate::supervisor::machine::notice::{Cause, Notice};
use crate::supervisor::machine::restart::RestartAttempt;
use crate::supervisor::notices::Level;
use crate::sys::procfs::Descendant;
use crate::text::shell::quote;

/// How much a notice matters.
pub(super) fn level(notice: &Notice) -> Level {
    match notice {
        Notice::PassedOn(..) | Notice::Reaped(..) => Level::Detail,
        Notice::Started(..)
        | Notice::Ended(..)
        | Notice::StartsAgain(_, ExitReason::Exited(0), _)
        | Notice::AskedLeftBehind(_)
        | Notice::Ready(_)
        | Notice::WaitsFor(..)
        | Notice::Stopping(..)
        | Notice::AskedDescendants
        | Notice::Finished(_, 0) => Level::Info,
        Notice::Killed(..)
        | Notice::KilledAtOnce
        | Notice::StartsAgain(..)
        | Notice::TriesAgain(..)
        | Notice::NotReady(..)
        | Notice::StillThere(..)
        | Notice::WouldNotDie(..)
        | Notice::Finished(..) => Level::Warning,
    }
}

/// The words of a notice. `left` are the descendants that are still there, where it is about them.
pub(super) fn words(notice: &Notice, launcher: &Launcher<'_>, left: &[Descendant]) -> String {
    match notice {
        Notice::Started(id, pid) => {
            format!("{} started (pid {pid}): {}", title(launcher, *id), template(launcher, *id))
        }
        Notice::Ended(id, death) => format!("{} {death}", title(launcher, *id)),
        Notice::StartsAgain(id, death, again) => {
            format!("{} {death}; starting it again {}", title(launcher, *id), soon(*again))
        }
        Notice::TriesAgain(id, again) => {
            format!("trying to start {} again {}", title(launcher, *id), soon(*again))
        }
        Notice::AskedLeftBehind(id) => {
            format!("stopping what {} has left behind: {}", title(launcher, *id), listed(left))
        }
        Notice::Ready(id) => format!("{} is ready", title(launcher, *id)),
        Notice::WaitsFor(id, others) => {
            format!("{} waits for {}", title(launcher, *id), titles(launcher, others))
        }
        Notice::NotReady(id, since, waiting) => not_ready(launcher, *id, *since, waiting),
        Notice::Stopping(ids, cause) => stopping(launcher, ids, *cause),
        Notice::PassedOn(signal, ids) => format!("{signal} passed on to {}", titles(launcher, ids)),
        Notice::Reaped(pid, death) => format!("orphan reaped (pid {pid}): it {death}"),
        Notice::AskedDescendants => format!("stopping what was left behind: {}", listed(left)),
        Notice::Killed(ids, after) => {
            format!("killed {}: not stopped after {}", titles(launcher, ids), seconds(*after))
        }
        Notice::KilledAtOnce => "interrupted again: everything is killed".to_owned(),
        Notice::StillThere(ids, after) if ids.is_empty() => {
            format!("after {} still waiting for {}", seconds(*after), listed(left))
        }
        Notice::StillThere(ids, after) => {
            format!("after {} still waiting for {}", seconds(*after), titles(launcher, ids))
        }
        Notice::WouldNotDie(after) => {
            format!("{} after SIGKILL still there: {}", seconds(*after), listed(left))
        }
        Notice::Finished(cause, status) => {
            format!("ended with status {status}, because {}", because(launcher, *cause))
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

/// The readiness check of a process as it was written.
pub(super) fn check(launcher: &Launcher<'_>, id: TaskId) -> String {
    let process = launcher.process(id);
    let written = process.ready_template.as_ref().or(process.ready.as_ref().map(Ready::written));
    written.map(|check| shown(&check.0)).unwrap_or_default()
}

/// For who sees nothing of a process and wonders why.
pub(super) fn silent(launcher: &Launcher<'_>, id: TaskId) -> String {
    format!(
        "{} has written nothing for 10 s; Python keeps in a buffer what it writes to a pipe: set \
         PYTHONUNBUFFERED=1, or give it --tty",
        title(launcher, id)
    )
}

fn stopping(launcher: &Launcher<'_>, ids: &[TaskId], cause: Cause) -> String {
    let because = because(launcher, cause);
    if ids.is_empty() {
        format!("stopping, because {because}")
    } else {
        format!("stopping {}, because {because}", titles(launcher, ids))
    }
}

fn because(launcher: &Launcher<'_>, cause: Cause) -> String {
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
        Cause::ProgramMissing(_) => "not everything that should run is there".to_owned(),
        Cause::Outside(signal) => format!("{signal} was received"),
        Cause::ReaderGone(stream) => format!("nobody reads {stream} any more"),
    }
}

/// A process that is started again after a failure shares its fate only when no attempt is left.
fn after_restarts(launcher: &Launcher<'_>, id: TaskId, death: ExitReason) -> String {
    match launcher.process(id).restart {
        Restart::OnFailure(Some(attempts)) if death != ExitReason::Exited(0) => {
            format!(", the last of {} attempts in a row", attempts.saturating_add(1))
        }
        Restart::No | Restart::OnFailure(_) | Restart::Always => String::new(),
    }
}

fn soon(again: RestartAttempt) -> String {
    let of = again.of.map(|of| format!(" of {of}")).unwrap_or_default();
    format!("in {} (attempt {}{of})", seconds(again.after), again.attempt)
}

fn not_ready(launcher: &Launcher<'_>, id: TaskId, since: Duration, waiting: &[TaskId]) -> String {
    let check = check(launcher, id);
    let told = format!("{} is not ready after {} ({check})", title(launcher, id), seconds(since));
    match waiting {
        [] => told,
        [one] => format!("{told}; {} waits for it", title(launcher, *one)),
        _ => format!("{told}; {} wait for it", titles(launcher, waiting)),
    }
}

fn title(launcher: &Launcher<'_>, id: TaskId) -> String {
    let name = &launcher.process(id).name;
    if launcher.is_setup(id) { format!("setup {name}") } else { name.clone() }
}

/// How many names a notice lists before it counts.
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

/// As it was written, so that no value of a variable is shown; a plan written by hand has only its arguments.
fn template(launcher: &Launcher<'_>, id: TaskId) -> String {
    let process = launcher.process(id);
    let written = if process.template.is_empty() { &process.argv } else { &process.template };
    written.iter().map(|word| shown(&word.0)).collect::<Vec<_>>().join(" ")
}

/// A word as it was written; quoted only where blanks would hide its ends, since `$` is wanted here.
fn shown(word: &[u8]) -> String {
    let needs_quotes =
        word.is_empty() || word.iter().any(|b| b.is_ascii_whitespace() || matches!(b, b'\'' | b'"'));
    let shown = if needs_quotes { quote(word) } else { word.to_vec() };
    String::from_utf8_lossy(&shown).into_owned()
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
