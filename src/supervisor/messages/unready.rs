//! What a run waits for before every process is ready, as text: in the last notice after `--start-timeout`, and in the
//! status for the service manager.

use std::time::Duration;

use crate::plan::{CheckId, TaskId};
use crate::supervisor::launcher::Launcher;
use crate::supervisor::machine::start_limit::Unready;
use crate::supervisor::messages::{MANY, check, title};

/// Why the last probe of a check has failed.
pub(in crate::supervisor) type Reasons<'r> = &'r dyn Fn(CheckId) -> Option<String>;

/// Why the start has taken too long: `api was not ready after 60 s: waiting for tcp:db:5432: connection refused`.
pub(in crate::supervisor) fn timed_out(
    launcher: &Launcher<'_>,
    unready: &[Unready],
    limit: Duration,
    reasons: Reasons<'_>,
) -> String {
    let limit = format!("{} s", limit.as_secs_f64());
    let first = match unready.first().copied() {
        None => return format!("the processes were not ready at the same time within {limit}"),
        Some(Unready::LookingUp) => return format!("the programs were still being looked up after {limit}"),
        Some(first) => first,
    };
    let id = task(first).unwrap_or(TaskId(0));
    let expected = if launcher.is_setup(id) || launcher.process(id).once { "done" } else { "ready" };
    let what = obstacle(launcher, first, reasons);
    let mut text = format!("{} was not {expected} after {limit}: {what}", title(launcher, id));
    append(&mut text, launcher, unready, reasons);
    text
}

/// What is waited for: `api: waiting for tcp:db:5432: connection refused`.
pub(in crate::supervisor) fn status(
    launcher: &Launcher<'_>,
    unready: &[Unready],
    reasons: Reasons<'_>,
) -> String {
    let Some(first) = unready.first() else { return String::new() };
    let mut text = one(launcher, *first, reasons);
    append(&mut text, launcher, unready, reasons);
    text
}

/// Appends all but the first. A name is not repeated.
fn append(text: &mut String, launcher: &Launcher<'_>, unready: &[Unready], reasons: Reasons<'_>) {
    for pair in unready.windows(2).take(MANY) {
        let other = match pair {
            [before, other] if task(*before) == task(*other) => obstacle(launcher, *other, reasons),
            [.., other] => one(launcher, *other, reasons),
            [] => String::new(),
        };
        *text = format!("{text}; {other}");
    }
    if unready.len() > MANY + 1 {
        *text = format!("{text}; and {} more", unready.len() - MANY - 1);
    }
}

fn one(launcher: &Launcher<'_>, unready: Unready, reasons: Reasons<'_>) -> String {
    let what = obstacle(launcher, unready, reasons);
    match task(unready) {
        Some(id) => format!("{}: {what}", title(launcher, id)),
        None => what,
    }
}

fn task(unready: Unready) -> Option<TaskId> {
    match unready {
        Unready::NotEnded(id) | Unready::Restarting(id, _) | Unready::Starting(id) => Some(id),
        Unready::Check(check) => Some(check.task),
        Unready::LookingUp => None,
    }
}

fn obstacle(launcher: &Launcher<'_>, unready: Unready, reasons: Reasons<'_>) -> String {
    match unready {
        Unready::NotEnded(_) => "still running".to_owned(),
        Unready::Check(id) => {
            let reason = reasons(id).map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("waiting for {}{reason}", check(launcher, id))
        }
        Unready::Restarting(_, exit) => format!("to be restarted, because it {exit}"),
        Unready::Starting(_) => "not started yet".to_owned(),
        Unready::LookingUp => "looking up the programs".to_owned(),
    }
}
