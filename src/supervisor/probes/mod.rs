//! Probes: they ask the checks of `--ready` and `--wait` (contract, 4.7). They are a part of the event loop, so nothing
//! here waits. A probe that has succeeded needs no more system calls.

mod exec;
mod fd;
mod http;
mod names;
mod notify;
mod path;
mod tcp;

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use self::exec::ExecProbe;
use self::fd::{FdOutcome, FdProbe};
use self::http::HttpProbe;
use self::notify::NotifyProbe;
use self::path::{PathKind, PathProbe};
use self::tcp::Connector;
use crate::exit::ExitReason;
use crate::plan::{Check, CheckId, CheckKind, TaskId};
use crate::supervisor::machine::readiness::{ProbeInterval, ProbeResult, ReadinessCheck};
use crate::sys::passed_fd::PassedFd;
use crate::sys::poll::PollSet;
use crate::sys::process::Pid;
use crate::text::excerpt;

/// How long a probe may take.
pub(in crate::supervisor) const LIMIT: Duration = Duration::from_secs(5);
/// The interval of connections. A server that listens is noticed within a quarter of the time that its start took, and
/// within a quarter of a second.
const CONNECTIONS: ProbeInterval =
    ProbeInterval { first: Duration::from_millis(10), longest: Duration::from_millis(250), limit: LIMIT };
/// The interval of commands, which cost more.
const COMMANDS: ProbeInterval =
    ProbeInterval { first: Duration::from_millis(100), longest: Duration::from_secs(1), limit: LIMIT };

/// The reason of a probe that has taken too long.
fn late(what: &str) -> String {
    format!("{what} within {} s", LIMIT.as_secs())
}

/// A check as the machine sees it.
pub(in crate::supervisor) fn kind(check: &CheckKind) -> ReadinessCheck {
    match check {
        CheckKind::Tcp { .. } | CheckKind::Http { .. } | CheckKind::Unix(_) | CheckKind::File(_) => {
            ReadinessCheck::Polled(CONNECTIONS)
        }
        CheckKind::Exec(_) => ReadinessCheck::Polled(COMMANDS),
        CheckKind::Log(_) | CheckKind::Notify | CheckKind::Fd(_) => ReadinessCheck::Passive,
    }
}

/// How often a check is asked that a process does not report itself.
pub(in crate::supervisor) fn interval(check: &CheckKind) -> Option<ProbeInterval> {
    match kind(check) {
        ReadinessCheck::Polled(interval) => Some(interval),
        ReadinessCheck::Passive => None,
    }
}

/// What a process needs so that it can report its readiness.
#[derive(Default)]
pub(in crate::supervisor) struct ProbeResources {
    /// Its `NOTIFY_SOCKET`.
    pub(in crate::supervisor) socket: Option<String>,
    /// The descriptor of `fd:N`.
    pub(in crate::supervisor) passed: Option<PassedFd>,
}

/// The probes of the checks that have not succeeded, and the notification sockets of all processes.
#[derive(Default)]
pub(in crate::supervisor) struct Probes {
    active: Vec<(CheckId, Probe)>,
    results: Vec<(CheckId, ProbeResult)>,
    /// Commands that were killed and have not been reaped.
    killed: Vec<Pid>,
    /// Why the last probe of a check has failed.
    reasons: Vec<(CheckId, String)>,
}

enum Probe {
    Tcp(Connector),
    Http(HttpProbe),
    Path(PathProbe),
    Exec(ExecProbe),
    Notify(NotifyProbe),
    Fd(FdProbe),
}

/// What a probe has led to.
pub(in crate::supervisor) enum Probed {
    Result(ProbeResult),
    /// The result comes later.
    UnderWay,
    /// The command of the check has to be started.
    StartCommand,
}

impl Probes {
    /// Prepares a probe. That of `--ready` is prepared before its process is started.
    pub(in crate::supervisor) fn prepare(
        &mut self,
        id: CheckId,
        check: &Check,
    ) -> io::Result<ProbeResources> {
        let mut resources = ProbeResources::default();
        let probe = match check.kind() {
            // The output is searched where it passes.
            CheckKind::Log(_) => return Ok(resources),
            CheckKind::Tcp { host, port } => Probe::Tcp(Connector::new(host, *port)),
            CheckKind::Http { host, port, authority, path } => {
                Probe::Http(HttpProbe::new(host, *port, authority, path))
            }
            CheckKind::Unix(path) => {
                Probe::Path(PathProbe::new(PathKind::Socket, PathBuf::from(path.as_os_str())))
            }
            CheckKind::File(path) => {
                Probe::Path(PathProbe::new(PathKind::File, PathBuf::from(path.as_os_str())))
            }
            CheckKind::Exec(_) => Probe::Exec(ExecProbe::default()),
            CheckKind::Notify => {
                let probe = NotifyProbe::open()?;
                resources.socket = Some(probe.address().to_owned());
                Probe::Notify(probe)
            }
            CheckKind::Fd(number) => {
                let (probe, passed) = FdProbe::open(*number)?;
                resources.passed = Some(passed);
                Probe::Fd(probe)
            }
        };
        self.active.push((id, probe));
        Ok(resources)
    }

    /// Notes the process that was started, and its user.
    pub(in crate::supervisor) fn started(&mut self, id: TaskId, pid: Pid, uid: impl FnOnce() -> u32) {
        if let Some(Probe::Notify(probe)) = self.find(CheckId::ready(id)) {
            probe.set_owner(pid, uid());
        }
    }

    /// Whether the probe of a check was prepared.
    pub(in crate::supervisor) fn has(&self, id: CheckId) -> bool {
        self.active.iter().any(|(of, _)| *of == id)
    }

    fn find(&mut self, id: CheckId) -> Option<&mut Probe> {
        self.active.iter_mut().find(|(of, _)| *of == id).map(|(_, probe)| probe)
    }

    /// Probes once.
    pub(in crate::supervisor) fn probe(&mut self, id: CheckId) -> Probed {
        let result = match self.find(id) {
            Some(Probe::Tcp(probe)) => tcp::result(probe.connect()),
            Some(Probe::Http(probe)) => probe.probe(),
            Some(Probe::Path(probe)) => probe.start().err().map(|error| Err(excerpt::of_error(&error))),
            Some(Probe::Exec(_)) => return Probed::StartCommand,
            Some(Probe::Notify(_) | Probe::Fd(_)) | None => None,
        };
        match result.map(|result| self.keep_reason(id, result)) {
            Some(result) => {
                if result == ProbeResult::Ready {
                    self.end(id);
                }
                Probed::Result(result)
            }
            None => Probed::UnderWay,
        }
    }

    /// Keeps the reason of a probe that has failed.
    fn keep_reason(&mut self, id: CheckId, result: Result<(), String>) -> ProbeResult {
        match result {
            Ok(()) => ProbeResult::Ready,
            Err(reason) => {
                self.record_reason(id, reason);
                ProbeResult::NotYet
            }
        }
    }

    /// Records why a probe has failed.
    pub(in crate::supervisor) fn record_reason(&mut self, id: CheckId, reason: String) {
        self.reasons.retain(|(of, _)| *of != id);
        self.reasons.push((id, reason));
    }

    /// Why the last probe of a check has failed.
    pub(in crate::supervisor) fn reason(&self, id: CheckId) -> Option<&str> {
        self.reasons.iter().find(|(of, _)| *of == id).map(|(_, reason)| reason.as_str())
    }

    /// Notes the command of a check that was started, and the pipe of its stderr.
    pub(in crate::supervisor) fn command_started(&mut self, id: CheckId, pid: Pid, stderr: OwnedFd) {
        if let Some(Probe::Exec(probe)) = self.find(id) {
            probe.started(pid, stderr);
        }
    }

    /// Gives up on the result of a probe: it has failed.
    pub(in crate::supervisor) fn abandon(&mut self, id: CheckId) {
        let (killed, reason) = match self.find(id) {
            Some(Probe::Tcp(probe)) => (None, probe.abandon()),
            Some(Probe::Http(probe)) => (None, probe.abandon()),
            Some(Probe::Path(probe)) => {
                let killed = probe.kill();
                (killed, killed.map(|_| late("it cannot be looked at")))
            }
            Some(Probe::Exec(probe)) => probe.kill().unzip(),
            Some(Probe::Notify(_) | Probe::Fd(_)) | None => (None, None),
        };
        self.killed.extend(killed);
        if let Some(reason) = reason {
            self.record_reason(id, reason);
        }
    }

    /// Ends the probe of a check.
    pub(in crate::supervisor) fn end(&mut self, id: CheckId) {
        self.abandon(id);
        self.active.retain(|(of, _)| *of != id);
        self.reasons.retain(|(of, _)| *of != id);
    }

    /// Whether this child is the command of a check.
    pub(in crate::supervisor) fn is_watching(&self, pid: Pid) -> bool {
        self.killed.contains(&pid) || self.owner_of(pid).is_some()
    }

    fn owner_of(&self, pid: Pid) -> Option<CheckId> {
        let is_it = |probe: &Probe| match probe {
            Probe::Exec(probe) => probe.is_at(pid),
            Probe::Path(probe) => probe.is_at(pid),
            Probe::Tcp(_) | Probe::Http(_) | Probe::Notify(_) | Probe::Fd(_) => false,
        };
        self.active.iter().find(|(_, probe)| is_it(probe)).map(|(id, _)| *id)
    }

    /// Takes the death of a child that was the command of a check. Returns whether it was one.
    pub(in crate::supervisor) fn takes(&mut self, pid: Pid, reason: ExitReason) -> bool {
        if let Some(index) = self.killed.iter().position(|killed| *killed == pid) {
            self.killed.swap_remove(index);
            return true;
        }
        let Some(id) = self.owner_of(pid) else { return false };
        let result = match self.find(id) {
            Some(Probe::Exec(probe)) => probe.ended(reason),
            Some(Probe::Path(probe)) => probe.ended(reason),
            Some(Probe::Tcp(_) | Probe::Http(_) | Probe::Notify(_) | Probe::Fd(_)) | None => return true,
        };
        let result = self.keep_reason(id, result);
        self.record(id, result);
        true
    }

    fn record(&mut self, id: CheckId, result: ProbeResult) {
        self.results.push((id, result));
        // A notification socket stays: a process that keeps notifying would block once nobody empties it.
        if result == ProbeResult::Ready && !matches!(self.find(id), Some(Probe::Notify(_))) {
            self.end(id);
        }
    }

    /// The results since the last call.
    pub(in crate::supervisor) fn take_results(&mut self) -> Vec<(CheckId, ProbeResult)> {
        std::mem::take(&mut self.results)
    }

    /// Whether there is nothing to wait for but the ends of commands.
    pub(in crate::supervisor) fn is_idle(&self) -> bool {
        self.active.iter().all(|(_, probe)| match probe {
            Probe::Tcp(probe) => probe.is_idle(),
            Probe::Http(probe) => probe.is_idle(),
            Probe::Exec(probe) => probe.is_idle(),
            Probe::Path(_) => true,
            Probe::Notify(_) | Probe::Fd(_) => false,
        })
    }

    /// When a probe goes on even if nothing happens.
    pub(in crate::supervisor) fn deadline(&self) -> Option<Instant> {
        let deadline = |probe: &Probe| match probe {
            Probe::Tcp(probe) => probe.deadline(),
            Probe::Http(probe) => probe.deadline(),
            Probe::Exec(_) | Probe::Path(_) | Probe::Notify(_) | Probe::Fd(_) => None,
        };
        self.active.iter().filter_map(|(_, probe)| deadline(probe)).min()
    }

    /// Adds the descriptors to wait for.
    pub(in crate::supervisor) fn register(&mut self, set: &mut PollSet) {
        for (_, probe) in &mut self.active {
            match probe {
                Probe::Tcp(probe) => probe.register(set),
                Probe::Http(probe) => probe.register(set),
                Probe::Exec(probe) => probe.register(set),
                Probe::Path(_) => {}
                Probe::Notify(probe) => probe.register(set),
                Probe::Fd(probe) => probe.register(set),
            }
        }
    }

    /// Reads what the last wait has made readable.
    pub(in crate::supervisor) fn act(&mut self, set: &PollSet) {
        let mut results = Vec::new();
        let mut closed = Vec::new();
        for (id, probe) in &mut self.active {
            let result = match probe {
                Probe::Tcp(probe) => probe.act(set).and_then(tcp::result),
                Probe::Http(probe) => probe.act(set),
                Probe::Notify(probe) => probe.act(set).map(|_| Ok(())),
                Probe::Fd(probe) => match probe.act(set) {
                    FdOutcome::Newline => Some(Ok(())),
                    FdOutcome::Nothing => None,
                    FdOutcome::Closed => {
                        closed.push(*id);
                        None
                    }
                },
                Probe::Exec(probe) => {
                    probe.act(set);
                    None
                }
                Probe::Path(_) => None,
            };
            results.extend(result.map(|result| (*id, result)));
        }
        for (id, result) in results {
            let result = self.keep_reason(id, result);
            self.record(id, result);
        }
        for id in closed {
            self.end(id);
        }
    }
}
