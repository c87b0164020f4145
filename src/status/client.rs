//! Queries a running instance (`--health`, `--status`) by the status file it publishes.

use std::fmt;
use std::io;

use crate::status::Status;
use crate::sys::clock;
use crate::sys::memfd;
use crate::sys::process::Pid;

/// The status of a run, and when it was read.
#[derive(Clone, Debug)]
pub struct StatusReport {
    /// The status as published.
    pub status: Status,
    now: std::time::Duration,
}

/// Why an instance cannot be queried.
#[derive(Debug)]
pub enum QueryError {
    /// /proc is not mounted, or has no such process.
    NoProcess(Pid),
    /// The process is not monofy, or has not published a status yet.
    NotMonofy(Pid),
    /// No instance is running here.
    NoInstance,
    /// Several instances are running.
    Several(Vec<Pid>),
    /// The kernel denies access to it.
    Refused(Pid, io::Error),
    /// Its status has a format of another version.
    Unreadable(Pid),
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProcess(pid) => write!(f, "/proc has no process {pid}"),
            Self::NotMonofy(pid) => write!(f, "process {pid} is not a running monofy"),
            Self::NoInstance => f.write_str("no monofy is running here"),
            Self::Several(pids) => {
                let pids: Vec<String> = pids.iter().map(ToString::to_string).collect();
                write!(f, "several are running here, as processes {}; select one with --pid", pids.join(", "))
            }
            Self::Refused(pid, error) => write!(
                f,
                "process {pid} cannot be inspected: {error}; query as its user and with its capabilities"
            ),
            Self::Unreadable(pid) => {
                write!(f, "process {pid} is another version of monofy, whose status this one cannot read")
            }
        }
    }
}

impl StatusReport {
    /// The report as a table, for people.
    #[must_use]
    pub fn to_table(&self) -> String {
        self.status.to_table(self.now)
    }

    /// The report as JSON, for programs.
    ///
    /// # Errors
    /// None in practice: a status has no part that cannot be serialized.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(&self.status.report(self.now)).map(|json| json + "\n")
    }
}

/// Queries the instance with this pid. `None` is PID 1, or the only instance if PID 1 is not one.
///
/// # Errors
/// When there is no such instance, or it cannot be inspected.
pub fn query(pid: Option<i32>) -> Result<StatusReport, QueryError> {
    match pid {
        Some(pid) => query_process(Pid::new(pid)),
        None => match query_process(Pid::new(1)) {
            // PID 1 is another init: that of Docker, a shell or systemd.
            Err(QueryError::NotMonofy(_) | QueryError::NoProcess(_)) => query_only_instance(None),
            Err(QueryError::Refused(init, error)) => query_only_instance(Some((init, error))),
            answer => answer,
        },
    }
}

fn query_process(pid: Pid) -> Result<StatusReport, QueryError> {
    match memfd::read_of(pid) {
        Ok(Some(published)) => {
            Status::from_json(&published).map(seen_now).map_err(|_| QueryError::Unreadable(pid))
        }
        Ok(None) => Err(QueryError::NotMonofy(pid)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(QueryError::NoProcess(pid)),
        Err(error) => Err(QueryError::Refused(pid, error)),
    }
}

/// `init` is the error of PID 1, if that may be an instance nevertheless.
fn query_only_instance(init: Option<(Pid, io::Error)>) -> Result<StatusReport, QueryError> {
    let read = |(pid, published): (Pid, Vec<u8>)| Some((pid, Status::from_json(&published).ok()?));
    let all = memfd::others().into_iter().filter_map(read);
    // Between fork and exec a child has the status file of its parent.
    let mut all: Vec<(Pid, Status)> = all.filter(|(pid, status)| status.pid == pid.get()).collect();
    match (all.len(), init) {
        (0, Some((init, error))) => Err(QueryError::Refused(init, error)),
        (0, None) => Err(QueryError::NoInstance),
        (1, _) => Ok(seen_now(all.swap_remove(0).1)),
        (_, _) => Err(QueryError::Several(all.into_iter().map(|(pid, _)| pid).collect())),
    }
}

fn seen_now(status: Status) -> StatusReport {
    StatusReport { status, now: clock::monotonic() }
}
