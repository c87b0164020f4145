//! How a run is: what a monofy that runs publishes, and what `--health` and `--status` tell of it.
//!
//! Plain data, written by the supervisor and read by another monofy, perhaps of another version: what is not known
//! is left out of account.

pub mod client;
mod health;
mod table;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::exit::ExitReason;

/// How a run is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The monofy that runs it, in its own pid namespace.
    pub pid: i32,
    /// How far it is.
    pub stage: Stage,
    /// The setup command that runs now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<String>,
    /// The processes, in the order of the line.
    pub processes: Vec<ProcessStatus>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Setup commands run.
    Setup,
    /// Not every process has been started yet.
    Starting,
    /// All have been.
    Running,
    /// The run is ending.
    Stopping,
}

/// How a process is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessStatus {
    /// Its name.
    pub name: String,
    /// Whether it runs.
    pub state: State,
    /// Its pid, while it runs.
    pub pid: Option<i32>,
    /// Whether it runs and has told that it is ready; without a check it is as soon as it runs.
    pub ready: bool,
    /// How often it was started again.
    pub restarts: u32,
    /// When it was started, in milliseconds of the monotonic clock.
    pub started_ms: Option<u64>,
    /// How it ended last.
    pub last_exit: Option<LastExit>,
}

/// Whether a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It was not started yet.
    Waiting,
    /// It runs.
    Running,
    /// It ended and will be started again.
    Restarting,
    /// It ended, or will never be started.
    Ended,
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastExit {
    /// As a shell has it: 128 + n if signal n killed it.
    pub status: u8,
    /// In words.
    pub how: String,
}

impl From<ExitReason> for LastExit {
    fn from(death: ExitReason) -> Self {
        Self { status: death.status(), how: death.to_string() }
    }
}

impl Status {
    /// As a supervisor publishes it.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // Neither a map whose keys are no strings nor a writer that fails is in it.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What was published.
    ///
    /// # Errors
    /// When it is nothing of ours.
    pub fn from_json(json: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(json)
    }

    /// What is wrong, in one line; nothing where everything that should run runs and is ready.
    #[must_use]
    pub fn complaint(&self) -> Option<String> {
        health::complaint(self)
    }

    /// For people: a row for each process. `now` is the time of the monotonic clock.
    #[must_use]
    pub fn to_table(&self, now: Duration) -> String {
        table::table(self, now)
    }

    /// For programs: with the time that each process has run instead of the moment of its start.
    ///
    /// # Errors
    /// None that a status can cause.
    pub fn to_report(&self, now: Duration) -> serde_json::Result<String> {
        let mut report = serde_json::to_value(self)?;
        for (process, shown) in
            self.processes.iter().zip(report["processes"].as_array_mut().into_iter().flatten())
        {
            if let Some(fields) = shown.as_object_mut() {
                fields.remove("started_ms");
                let uptime = process.uptime(now).map(|uptime| uptime.as_millis());
                fields.insert(
                    "uptime_ms".to_owned(),
                    serde_json::to_value(uptime.and_then(|uptime| u64::try_from(uptime).ok()))?,
                );
            }
        }
        report["healthy"] = self.complaint().is_none().into();
        serde_json::to_string_pretty(&report).map(|text| text + "\n")
    }
}

impl ProcessStatus {
    /// How long it has been running.
    fn uptime(&self, now: Duration) -> Option<Duration> {
        let started = self.started_ms.filter(|_| self.state == State::Running)?;
        Some(now.saturating_sub(Duration::from_millis(started)))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn process(name: &str) -> ProcessStatus {
        ProcessStatus {
            name: name.to_owned(),
            state: State::Running,
            pid: Some(7),
            ready: true,
            restarts: 0,
            started_ms: Some(1000),
            last_exit: None,
        }
    }

    pub(crate) fn status(processes: Vec<ProcessStatus>) -> Status {
        Status { pid: 1, stage: Stage::Running, setup: None, processes }
    }

    #[test]
    fn what_is_published_can_be_read() {
        let mut failed = process("worker");
        failed.state = State::Restarting;
        failed.last_exit = Some(ExitReason::Exited(3).into());
        let published = status(vec![process("web"), failed]);
        assert_eq!(Status::from_json(&published.to_json()).unwrap(), published);
    }

    #[test]
    fn what_a_later_version_adds_is_left_out_of_account() {
        let later = br#"{"pid":1,"stage":"running","processes":[],"weather":"fine"}"#;
        assert_eq!(Status::from_json(later).unwrap(), status(vec![]));
    }

    #[test]
    fn programs_are_told_how_long_a_process_runs() {
        let mut waiting = process("late");
        waiting.state = State::Waiting;
        waiting.started_ms = None;
        waiting.pid = None;
        let report = status(vec![process("web"), waiting]).to_report(Duration::from_millis(3500)).unwrap();
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["processes"][0]["uptime_ms"], 2500);
        assert_eq!(report["processes"][1]["uptime_ms"], serde_json::Value::Null);
        assert_eq!(report["healthy"], false);
    }
}
