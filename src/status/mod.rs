//! The status of a run, which the supervisor publishes for `--health` and `--status`.
//!
//! The reader may be another version of monofy: unknown fields are ignored.

mod alive;
pub mod client;
mod health;
mod table;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::alive::{AliveChecks, AliveResult};
use crate::exit::ExitReason;
use crate::plan::Process;

/// The status of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The process id of monofy, in its own pid namespace.
    pub pid: i32,
    /// The stage of the run.
    pub stage: RunStage,
    /// The setup command that is running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<String>,
    /// The processes, in the order of the line.
    pub processes: Vec<ProcessStatus>,
}

/// The stage of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStage {
    /// A setup command is running.
    Setup,
    /// Some processes have not been started yet.
    Starting,
    /// Every process has been started.
    Running,
    /// The run is being stopped.
    Stopping,
}

/// The status of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessStatus {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: ProcessState,
    /// Its process id, while it is running.
    pub pid: Option<i32>,
    /// Whether it is running and ready. Without a check it is ready once it is running.
    pub ready: bool,
    /// How often it was restarted.
    pub restarts: u32,
    /// When it was started, in milliseconds of the monotonic clock.
    pub started_ms: Option<u64>,
    /// Its last exit.
    pub last_exit: Option<LastExit>,
    /// Its `--alive` checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alive: Option<AliveChecks>,
    /// Their results, which the supervisor does not know. `None` if they were not asked.
    #[serde(skip)]
    pub alive_results: Option<Vec<AliveResult>>,
}

/// The state of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessState {
    /// It has not been started yet.
    Waiting,
    /// It is running.
    Running,
    /// It has ended and will be restarted.
    Restarting,
    /// It has ended, or will never be started.
    Ended,
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastExit {
    /// Its status as a shell reports it: 128 + n for a death by signal n.
    pub status: u8,
    /// The exit in words, such as `was killed by SIGKILL`.
    pub how: String,
    /// The signal that killed it, such as `SIGKILL`.
    #[serde(default)]
    pub signal: Option<String>,
}

impl From<ExitReason> for LastExit {
    fn from(reason: ExitReason) -> Self {
        let signal = reason.signal().map(|signal| signal.to_string());
        Self { status: reason.status(), how: reason.to_string(), signal }
    }
}

impl Status {
    /// The form in which the supervisor publishes it.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // Serialization to memory fails only for maps whose keys are not strings, and there are none.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Parses a published status.
    ///
    /// # Errors
    /// When it is not the status of a run.
    pub fn from_json(json: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(json)
    }

    /// What is wrong, a line for each process. Empty if every process is running, ready and alive.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        health::complaints(self)
    }

    /// The processes whose `--alive` checks are to be asked: those that are running and ready. They have what asking
    /// takes, and nothing else.
    #[must_use]
    pub fn processes_to_ask(&self) -> Vec<Process> {
        let asked =
            self.processes.iter().filter_map(|process| Some((process, process.checks_to_ask(self.stage)?)));
        asked.map(|(process, checks)| checks.to_process(&process.name)).collect()
    }

    /// Takes the results of these checks.
    pub fn take_results(&mut self, results: Vec<Vec<Result<(), String>>>) {
        let mut results = results.into_iter();
        for process in &mut self.processes {
            if let Some(checks) = process.checks_to_ask(self.stage) {
                process.alive_results = results.next().map(|results| checks.results(results));
            }
        }
    }

    /// The table for people, with a row for each process. `now` is the time of the monotonic clock.
    #[must_use]
    pub fn to_table(&self, now: Duration) -> String {
        table::table(self, now)
    }

    /// The report for programs. `now` is the time of the monotonic clock.
    #[must_use]
    pub fn report(&self, now: Duration) -> RunReport<'_> {
        RunReport {
            pid: self.pid,
            stage: self.stage,
            setup: self.setup.as_deref(),
            processes: self.processes.iter().map(|process| process.report(now)).collect(),
            healthy: self.complaints().is_empty(),
        }
    }
}

impl ProcessStatus {
    /// Its checks, unless there is a reason not to ask them: it is not running or not ready, which is told anyway.
    fn checks_to_ask(&self, stage: RunStage) -> Option<&AliveChecks> {
        let is_up = self.state == ProcessState::Running && self.ready;
        let is_asked = is_up && matches!(stage, RunStage::Starting | RunStage::Running);
        self.alive.as_ref().filter(|_| is_asked)
    }

    /// Whether all of its checks succeeded. `None` if it has none, or they were not asked.
    fn is_alive(&self) -> Option<bool> {
        self.alive_results.as_ref().map(|results| results.iter().all(|result| result.ok))
    }

    fn report(&self, now: Duration) -> ProcessReport<'_> {
        let uptime = self.uptime(now).map(|uptime| u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX));
        ProcessReport {
            name: &self.name,
            state: self.state,
            pid: self.pid,
            ready: self.ready,
            alive: self.is_alive(),
            alive_checks: self.alive_results.as_deref().unwrap_or_default(),
            restarts: self.restarts,
            uptime_ms: uptime,
            last_exit: self.last_exit.as_ref(),
        }
    }

    /// How long it has been running.
    fn uptime(&self, now: Duration) -> Option<Duration> {
        let started = self.started_ms.filter(|_| self.state == ProcessState::Running)?;
        Some(now.saturating_sub(Duration::from_millis(started)))
    }
}

/// The status of a run, for programs.
#[derive(Debug, Serialize)]
pub struct RunReport<'s> {
    /// The process id of monofy, in its own pid namespace.
    pub pid: i32,
    /// The stage of the run.
    pub stage: RunStage,
    /// The setup command that is running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup: Option<&'s str>,
    /// The processes, in the order of the line.
    pub processes: Vec<ProcessReport<'s>>,
    /// Whether every process runs, is ready and alive.
    pub healthy: bool,
}

/// The status of a process, for programs: with its running time instead of the moment of its start.
#[derive(Debug, Serialize)]
pub struct ProcessReport<'s> {
    /// Its name.
    pub name: &'s str,
    /// Its state.
    pub state: ProcessState,
    /// Its process id, while it is running.
    pub pid: Option<i32>,
    /// Whether it is running and ready.
    pub ready: bool,
    /// Whether all of its `--alive` checks succeeded. `None` if it has none, or is not running and ready.
    pub alive: Option<bool>,
    /// These checks.
    pub alive_checks: &'s [AliveResult],
    /// How often it was restarted.
    pub restarts: u32,
    /// How long it has been running, in milliseconds.
    pub uptime_ms: Option<u64>,
    /// Its last exit.
    pub last_exit: Option<&'s LastExit>,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::plan::Check;

    pub(crate) fn process(name: &str) -> ProcessStatus {
        ProcessStatus {
            name: name.to_owned(),
            state: ProcessState::Running,
            pid: Some(7),
            ready: true,
            restarts: 0,
            started_ms: Some(1000),
            last_exit: None,
            alive: None,
            alive_results: None,
        }
    }

    /// A process with these checks.
    pub(crate) fn checked_process(name: &str, checks: &[&str]) -> ProcessStatus {
        let alive = checks.iter().map(|check| Check::read(check.as_bytes()).unwrap()).collect();
        let alive = AliveChecks::of(&Process { alive, ..Process::default() });
        ProcessStatus { alive, ..process(name) }
    }

    pub(crate) fn status(processes: Vec<ProcessStatus>) -> Status {
        Status { pid: 1, stage: RunStage::Running, setup: None, processes }
    }

    #[test]
    fn a_published_status_can_be_read() {
        let mut failed = process("worker");
        failed.state = ProcessState::Restarting;
        failed.last_exit = Some(ExitReason::Exited(3).into());
        let published = status(vec![process("web"), failed]);
        assert_eq!(Status::from_json(&published.to_json()).unwrap(), published);
    }

    #[test]
    fn fields_of_a_later_version_are_ignored() {
        let later = br#"{"pid":1,"stage":"running","processes":[],"weather":"fine"}"#;
        assert_eq!(Status::from_json(later).unwrap(), status(vec![]));
    }

    #[test]
    fn the_report_has_the_running_time() {
        let mut waiting = process("late");
        waiting.state = ProcessState::Waiting;
        waiting.started_ms = None;
        waiting.pid = None;
        let status = status(vec![process("web"), waiting]);
        let report = serde_json::to_value(status.report(Duration::from_millis(3500))).unwrap();
        assert_eq!(report["processes"][0]["uptime_ms"], 2500);
        assert_eq!(report["processes"][1]["uptime_ms"], serde_json::Value::Null);
        assert_eq!(report["healthy"], false);
    }

    #[test]
    fn the_checks_of_running_and_ready_processes_are_asked() {
        let mut late = checked_process("late", &["tcp:1"]);
        late.ready = false;
        let mut ended = checked_process("ended", &["tcp:2"]);
        ended.state = ProcessState::Ended;
        let web = checked_process("web", &["tcp:3", "tcp:4"]);
        let mut status = status(vec![process("plain"), late, ended, web]);
        let asked = status.processes_to_ask();
        assert_eq!(asked.iter().map(|process| process.name.as_str()).collect::<Vec<_>>(), ["web"]);
        status.take_results(vec![vec![Ok(()), Err("refused".to_owned())]]);
        let alive: Vec<Option<bool>> = status.processes.iter().map(ProcessStatus::is_alive).collect();
        assert_eq!(alive, [None, None, None, Some(false)]);
        let report = serde_json::to_value(status.report(Duration::ZERO)).unwrap();
        let expected = serde_json::json!([
            { "check": "tcp:3", "ok": true, "reason": null },
            { "check": "tcp:4", "ok": false, "reason": "refused" },
        ]);
        assert_eq!(report["processes"][3]["alive_checks"], expected);
        status.stage = RunStage::Stopping;
        assert!(status.processes_to_ask().is_empty());
    }
}
