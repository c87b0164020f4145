//! Asks the `--alive` checks of processes once, all side by side, for `--health` and `--status` (contract, 4.9).
//!
//! It runs in the process that asks and not in the run, which is not woken: a loop of its own around the same probes.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use crate::plan::{CheckId, CheckRole, Process, TaskId};
use crate::signal::SignalNumber;
use crate::supervisor::launcher::Launcher;
use crate::supervisor::machine::readiness::ProbeResult;
use crate::supervisor::probes::{LIMIT, Probed, Probes};
use crate::sys::poll::{Interest, PollSet};
use crate::sys::process;
use crate::sys::signals::{OriginalSignals, SignalFd};
use crate::sys::spawn::Grouping;
use crate::sys::wait::{self, Reaped};
use crate::text::excerpt;

/// How long the asker waits for the ends of the commands that it has killed, so that the run need not reap them.
const REAPING: Duration = Duration::from_millis(100);

/// The result of one check: why it has failed.
pub type CheckResult = Result<(), String>;

/// Asks the `--alive` checks of these processes, and returns the results in their order. A check that has not succeeded
/// within 5 s has failed. `inherited` is what the commands of `exec:` get as their signal state.
#[must_use]
pub fn ask_alive(processes: &[Process], inherited: OriginalSignals) -> Vec<Vec<CheckResult>> {
    let results = match Asker::new(processes, inherited) {
        Ok(asker) => asker.run(),
        Err(reason) => return all_failed(processes, &reason),
    };
    let of = |index: usize| results.iter().filter(move |(id, _)| id.task == TaskId(index));
    (0..processes.len()).map(|index| of(index).map(|(_, result)| result.clone()).collect()).collect()
}

fn all_failed(processes: &[Process], reason: &str) -> Vec<Vec<CheckResult>> {
    processes.iter().map(|process| vec![Err(reason.to_owned()); process.alive.len()]).collect()
}

/// The checks, and those that have not answered.
struct Asker<'a> {
    launcher: Launcher<'a>,
    probes: Probes,
    signals: SignalFd,
    checks: Vec<CheckId>,
    open: Vec<CheckId>,
    succeeded: Vec<CheckId>,
}

impl<'a> Asker<'a> {
    fn new(processes: &'a [Process], inherited: OriginalSignals) -> Result<Self, String> {
        let launcher = Launcher::new(&[], processes, Grouping::Own, inherited);
        let launcher = launcher.map_err(|error| error.to_string())?;
        let signals = SignalFd::open().map_err(|error| format!("cannot receive signals: {error}"))?;
        // What a command leaves behind is not to become the run's.
        let _ = process::become_subreaper();
        let ids = |(index, process): (usize, &Process)| {
            let id = move |role| CheckId { task: TaskId(index), role: CheckRole::Alive(role) };
            (0..process.alive.len()).map(id).collect::<Vec<_>>()
        };
        let checks: Vec<CheckId> = processes.iter().enumerate().flat_map(ids).collect();
        let (open, succeeded) = (checks.clone(), Vec::new());
        Ok(Self { launcher, probes: Probes::default(), signals, checks, open, succeeded })
    }

    fn run(mut self) -> Vec<(CheckId, CheckResult)> {
        let end = Instant::now() + LIMIT;
        for id in self.checks.clone() {
            if let Some(result) = self.begin(id) {
                self.take(id, result);
            }
        }
        while !self.open.is_empty() && Instant::now() < end && self.wait(end) {}
        for id in std::mem::take(&mut self.open) {
            self.probes.abandon(id);
        }
        self.reap_killed();
        let result = |id: &CheckId| {
            let reason = || self.probes.reason(*id).unwrap_or("it was interrupted").to_owned();
            (*id, if self.succeeded.contains(id) { Ok(()) } else { Err(reason()) })
        };
        self.checks.iter().map(result).collect()
    }

    /// Asks a check. Returns `None` if the result comes later.
    fn begin(&mut self, id: CheckId) -> Option<ProbeResult> {
        let check = self.launcher.check(id)?;
        if let Err(error) = self.probes.prepare(id, check) {
            self.probes.record_reason(id, excerpt::of_error(&error));
            return Some(ProbeResult::NotYet);
        }
        match self.probes.probe(id) {
            Probed::Result(result) => Some(result),
            Probed::UnderWay => None,
            Probed::StartCommand => match self.launcher.start_probe(id) {
                Ok((pid, stderr)) => {
                    self.probes.command_started(id, pid, stderr);
                    None
                }
                Err(error) => {
                    self.probes.record_reason(id, error.to_string());
                    Some(ProbeResult::NotYet)
                }
            },
        }
    }

    fn take(&mut self, id: CheckId, result: ProbeResult) {
        self.open.retain(|open| *open != id);
        if result == ProbeResult::Ready {
            self.succeeded.push(id);
        }
    }

    /// Waits until something has happened, and takes the results. Returns false when a signal asks for the end.
    fn wait(&mut self, end: Instant) -> bool {
        let mut set = PollSet::default();
        let signals = set.watch(self.signals.as_fd(), Interest::Readable);
        self.probes.register(&mut set);
        let until = self.probes.deadline().map_or(end, |deadline| deadline.min(end));
        if set.wait(Some(until.saturating_duration_since(Instant::now()))).is_err() {
            return false;
        }
        let mut received = Vec::new();
        if set.is_ready(signals) {
            let _ = self.signals.read(&mut received);
        }
        self.probes.act(&set);
        self.reap();
        for (id, result) in self.probes.take_results() {
            self.take(id, result);
        }
        let ends = [SignalNumber::TERM, SignalNumber::INT, SignalNumber::QUIT, SignalNumber::HUP];
        !received.iter().any(|received| ends.contains(&received.signal))
    }

    /// Reaps what has ended. Returns whether a child is left.
    fn reap(&mut self) -> bool {
        loop {
            match wait::reap() {
                Reaped::Died(pid, reason) => {
                    let _ = self.probes.takes(pid, reason) || self.launcher.takes(pid);
                }
                Reaped::NoneYet => return true,
                Reaped::NoChildren => return false,
            }
        }
    }

    fn reap_killed(&mut self) {
        let end = Instant::now() + REAPING;
        while self.reap() {
            let left = end.saturating_duration_since(Instant::now());
            let mut set = PollSet::default();
            let signals = set.watch(self.signals.as_fd(), Interest::Readable);
            if left.is_zero() || set.wait(Some(left)).is_err() {
                return;
            }
            if set.is_ready(signals) {
                let _ = self.signals.read(&mut Vec::new());
            }
        }
    }
}
