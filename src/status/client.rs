//! Asking a monofy that runs how it is (`--health`, `--status`), from outside, by what it publishes.

use std::fmt;
use std::io;

use crate::status::Status;
use crate::sys::clock;
use crate::sys::memfd;
use crate::sys::process::Pid;

/// How a run is, and when that was seen.
#[derive(Clone, Debug)]
pub struct Report {
    /// As it was published.
    pub status: Status,
    now: std::time::Duration,
}

/// Why nothing can be told.
#[derive(Debug)]
pub enum QueryError {
    /// /proc is not mounted, or shows no such process.
    NoProcess(Pid),
    /// It is no monofy, or one that has not begun.
    NotMonofy(Pid),
    /// There is no other monofy here.
    Nobody,
    /// There are these, and nobody said which.
    Several(Vec<Pid>),
    /// We may not look at it.
    Refused(Pid, io::Error),
    /// What it publishes means nothing to this version.
    Unreadable(Pid),
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProcess(pid) => write!(f, "/proc shows no process {pid}"),
            Self::NotMonofy(pid) => write!(f, "process {pid} is no monofy that runs something"),
            Self::Nobody => f.write_str("no monofy runs here"),
            Self::Several(pids) => {
                let pids: Vec<String> = pids.iter().map(ToString::to_string).collect();
                write!(f, "several run here, as the processes {}; say which with --pid", pids.join(", "))
            }
            Self::Refused(pid, error) => write!(
                f,
                "process {pid} cannot be looked at: {error}; ask as the user that it runs as, and with its capabilities"
            ),
            Self::Unreadable(pid) => {
                write!(f, "what process {pid} publishes is of another version of monofy")
            }
        }
    }
}

impl Report {
    /// For people.
    #[must_use]
    pub fn to_table(&self) -> String {
        self.status.to_table(self.now)
    }

    /// For programs.
    ///
    /// # Errors
    /// None that a status can cause.
    pub fn to_json(&self) -> serde_json::Result<String> {
        self.status.to_report(self.now)
    }
}

/// Asks the monofy with this pid; without one PID 1, and where that is none, the only other one.
///
/// # Errors
/// When there is none, or it cannot be asked.
pub fn ask(pid: Option<i32>) -> Result<Report, QueryError> {
    match pid {
        Some(pid) => ask_one(Pid::new(pid)),
        None => match ask_one(Pid::new(1)) {
            // Under an init of Docker's, in a shell, under systemd.
            Err(QueryError::NotMonofy(_) | QueryError::NoProcess(_)) => ask_the_only_one(None),
            Err(QueryError::Refused(init, error)) => ask_the_only_one(Some((init, error))),
            answer => answer,
        },
    }
}

fn ask_one(pid: Pid) -> Result<Report, QueryError> {
    match memfd::read_of(pid) {
        Ok(Some(published)) => {
            Status::from_json(&published).map(seen_now).map_err(|_| QueryError::Unreadable(pid))
        }
        Ok(None) => Err(QueryError::NotMonofy(pid)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(QueryError::NoProcess(pid)),
        Err(error) => Err(QueryError::Refused(pid, error)),
    }
}

/// `init` is why PID 1 could not be asked, if it may be a monofy all the same.
fn ask_the_only_one(init: Option<(Pid, io::Error)>) -> Result<Report, QueryError> {
    let read = |(pid, published): (Pid, Vec<u8>)| Some((pid, Status::from_json(&published).ok()?));
    let all = memfd::others().into_iter().filter_map(read);
    // A child between fork and exec holds what its parent publishes.
    let mut all: Vec<(Pid, Status)> = all.filter(|(pid, status)| status.pid == pid.get()).collect();
    match (all.len(), init) {
        (0, Some((init, error))) => Err(QueryError::Refused(init, error)),
        (0, None) => Err(QueryError::Nobody),
        (1, _) => Ok(seen_now(all.swap_remove(0).1)),
        (_, _) => Err(QueryError::Several(all.into_iter().map(|(pid, _)| pid).collect())),
    }
}

fn seen_now(status: Status) -> Report {
    Report { status, now: clock::monotonic() }
}
