//! The status of a run as a table, for people.

use std::fmt::Write;
use std::time::Duration;

use crate::status::{LastExit, ProcessState, ProcessStatus, Status};
use crate::text::columns;

const COLUMNS: usize = 8;
const HEAD: [&str; COLUMNS] = ["NAME", "PID", "STATE", "READY", "ALIVE", "RESTARTS", "UPTIME", "LAST EXIT"];

/// A row for each process, in columns.
pub(super) fn table(status: &Status, now: Duration) -> String {
    let rows: Vec<[String; COLUMNS]> = std::iter::once(HEAD.map(str::to_owned))
        .chain(status.processes.iter().map(|process| row(process, now)))
        .collect();
    let width = |column: usize| columns::width(rows.iter().map(|row| row[column].as_str()));
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    for complaint in status.complaints() {
        text.push_str(&complaint);
        text.push('\n');
    }
    text
}

fn row(process: &ProcessStatus, now: Duration) -> [String; COLUMNS] {
    let or_dash = |cell: Option<String>| cell.unwrap_or_else(|| "-".to_owned());
    [
        process.name.clone(),
        or_dash(process.pid.map(|pid| pid.to_string())),
        state(process.state).to_owned(),
        if process.ready { "yes" } else { "no" }.to_owned(),
        or_dash(process.is_alive().map(|alive| if alive { "ok" } else { "failing" }.to_owned())),
        process.restarts.to_string(),
        or_dash(process.uptime(now).map(uptime)),
        or_dash(process.last_exit.as_ref().map(last_exit)),
    ]
}

fn last_exit(exit: &LastExit) -> String {
    exit.signal.clone().unwrap_or_else(|| format!("status {}", exit.status))
}

fn state(state: ProcessState) -> &'static str {
    match state {
        ProcessState::Waiting => "waiting",
        ProcessState::Running => "running",
        ProcessState::Restarting => "restarting",
        ProcessState::Ended => "ended",
    }
}

/// A time in its two largest units.
fn uptime(uptime: Duration) -> String {
    let seconds = uptime.as_secs();
    match (seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, seconds) => format!("{seconds}s"),
        (0, 0, minutes, seconds) => format!("{minutes}m {seconds}s"),
        (0, hours, minutes, _) => format!("{hours}h {minutes}m"),
        (days, hours, ..) => format!("{days}d {hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::ExitReason;
    use crate::signal::SignalNumber;
    use crate::status::tests::{checked_process, process, status};

    #[test]
    fn each_process_has_a_row() {
        let mut failed = process("worker");
        (failed.state, failed.pid, failed.ready, failed.restarts) =
            (ProcessState::Restarting, None, false, 12);
        failed.last_exit = Some(ExitReason::Killed(SignalNumber::KILL).into());
        let (api, db) = (checked_process("api", &["tcp:1"]), checked_process("db", &["tcp:2"]));
        let mut status = status(vec![process("web"), failed, api, db]);
        status.take_results(vec![vec![Ok(())], vec![Err("refused".to_owned())]]);
        let text = status.to_table(Duration::from_secs(63));
        assert_eq!(
            text,
            "\
NAME    PID  STATE       READY  ALIVE    RESTARTS  UPTIME  LAST EXIT
web     7    running     yes    -        0         1m 2s   -
worker  -    restarting  no     -        12        -       SIGKILL
api     7    running     yes    ok       0         1m 2s   -
db      7    running     yes    failing  0         1m 2s   -
worker is waiting to be restarted: it was killed by SIGKILL
db is not alive: tcp:2: refused
"
        );
    }

    #[test]
    fn a_time_is_shown_in_its_two_largest_units() {
        let cases = [(0, "0s"), (59, "59s"), (3599, "59m 59s"), (86399, "23h 59m"), (90000, "1d 1h")];
        for (seconds, text) in cases {
            assert_eq!(uptime(Duration::from_secs(seconds)), text);
        }
    }
}
