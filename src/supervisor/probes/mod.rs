//! Finding out whether processes are ready (contract, 4.7): a part of the supervisor's one loop. Nothing here waits,
//! and what has succeeded costs nothing any more.

mod notify;
mod tcp;

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use nix::libc;

use self::notify::NotifyProbe;
use self::tcp::TcpProbe;
use crate::exit::ExitReason;
use crate::plan::TaskId;
use crate::plan::{Check, Ready};
use crate::supervisor::launcher::Launcher;
use crate::supervisor::machine::readiness::{ProbeInterval, ProbeResult, ReadinessCheck};
use crate::sys::passed_fd::PassedFd;
use crate::sys::pipe::{self, ReadOutcome};
use crate::sys::poll::{Interest, PollSet, Slot};
use crate::sys::process::{self, Pid};

/// How often a connection is tried. What listens is found within a quarter of the time that its start took, and
/// within a quarter of a second.
const CONNECTIONS: ProbeInterval = ProbeInterval {
    first: Duration::from_millis(10),
    longest: Duration::from_millis(250),
    limit: Duration::from_secs(5),
};
/// How often a command is run, which costs more.
const COMMANDS: ProbeInterval = ProbeInterval {
    first: Duration::from_millis(100),
    longest: Duration::from_secs(1),
    limit: Duration::from_secs(5),
};

/// What the machine needs to know of a check.
pub(in crate::supervisor) fn kind(check: &Check) -> ReadinessCheck {
    match check {
        Check::Tcp { .. } => ReadinessCheck::Polled(CONNECTIONS),
        Check::Exec(_) => ReadinessCheck::Polled(COMMANDS),
        Check::Log(_) | Check::Notify | Check::Fd(_) => ReadinessCheck::Passive,
    }
}

/// What a process has to be given so that it can tell.
#[derive(Default)]
pub(in crate::supervisor) struct ProbeResources {
    /// Its `NOTIFY_SOCKET`.
    pub(in crate::supervisor) socket: Option<String>,
    pub(in crate::supervisor) gift: Option<PassedFd>,
}

/// The checks that are under way.
#[derive(Default)]
pub(in crate::supervisor) struct Probes {
    under_way: Vec<(TaskId, Probe)>,
    answers: Vec<(TaskId, ProbeResult)>,
    /// Commands whose answer nobody wants to know any more, and that were killed.
    unwanted: Vec<Pid>,
}

enum Probe {
    Connection(TcpProbe),
    Command(Option<Pid>),
    Notification(NotifyProbe),
    Newline(OwnedFd, Option<Slot>),
}

impl Probes {
    /// Makes ready what a process that is about to be started will tell by, or be asked by.
    pub(in crate::supervisor) fn prepare(&mut self, id: TaskId, ready: &Ready) -> io::Result<ProbeResources> {
        let mut outfit = ProbeResources::default();
        let probe = match ready.check() {
            // The output is listened to by who passes it on.
            Check::Log(_) => return Ok(outfit),
            Check::Tcp { host, port } => Probe::Connection(TcpProbe::new(host, *port)),
            Check::Exec(_) => Probe::Command(None),
            Check::Notify => {
                let door = NotifyProbe::open()?;
                outfit.socket = Some(door.address().to_owned());
                Probe::Notification(door)
            }
            Check::Fd(number) => {
                let (read, write) = pipe::open()?;
                outfit.gift = Some(PassedFd::new(&write, *number)?);
                Probe::Newline(read, None)
            }
        };
        self.under_way.push((id, probe));
        Ok(outfit)
    }

    /// The process runs.
    pub(in crate::supervisor) fn started(&mut self, id: TaskId, pid: Pid, launcher: &Launcher<'_>) {
        if let Some(Probe::Notification(door)) = self.find(id) {
            door.belongs_to(pid, launcher.uid(id));
        }
    }

    fn find(&mut self, id: TaskId) -> Option<&mut Probe> {
        self.under_way.iter_mut().find(|(of, _)| *of == id).map(|(_, probe)| probe)
    }

    /// Asks once. The answer may be there at once.
    pub(in crate::supervisor) fn ask(&mut self, id: TaskId, launcher: &Launcher<'_>) -> Option<ProbeResult> {
        match self.find(id)? {
            Probe::Connection(connector) => {
                let answer = connector.ask();
                if answer == Some(ProbeResult::Ready) {
                    self.end(id);
                }
                answer
            }
            Probe::Command(running) => match launcher.start_check(id) {
                Ok(pid) => {
                    *running = Some(pid);
                    None
                }
                // That there is no process for it says nothing for ever.
                Err(_) => Some(ProbeResult::NotYet),
            },
            Probe::Notification(_) | Probe::Newline(..) => None,
        }
    }

    /// The answer is not waited for any longer.
    pub(in crate::supervisor) fn give_up_asking(&mut self, id: TaskId) {
        match self.find(id) {
            Some(Probe::Connection(connector)) => connector.give_up(),
            Some(Probe::Command(running)) => {
                let running = running.take();
                self.kill(running);
            }
            Some(Probe::Notification(_) | Probe::Newline(..)) | None => {}
        }
    }

    /// Nobody wants to know any more.
    pub(in crate::supervisor) fn end(&mut self, id: TaskId) {
        self.give_up_asking(id);
        self.under_way.retain(|(of, _)| *of != id);
    }

    /// A command is killed with its group, and its end tells nobody anything.
    fn kill(&mut self, running: Option<Pid>) {
        if let Some(pid) = running {
            // It leads its group and has not been reaped, so the number is its own.
            let _ = process::kill_group(pid);
            self.unwanted.push(pid);
        }
    }

    /// Whether this child is a command of ours, and no process.
    pub(in crate::supervisor) fn is_watching(&self, pid: Pid) -> bool {
        let is_it = |probe: &Probe| matches!(probe, Probe::Command(Some(running)) if *running == pid);
        self.unwanted.contains(&pid) || self.under_way.iter().any(|(_, probe)| is_it(probe))
    }

    /// Whether this child was a command of ours, and no process.
    pub(in crate::supervisor) fn takes(&mut self, pid: Pid, death: ExitReason) -> bool {
        if let Some(index) = self.unwanted.iter().position(|unwanted| *unwanted == pid) {
            self.unwanted.swap_remove(index);
            return true;
        }
        let is_it = |probe: &Probe| matches!(probe, Probe::Command(Some(running)) if *running == pid);
        let Some(id) = self.under_way.iter().find(|(_, probe)| is_it(probe)).map(|(id, _)| *id) else {
            return false;
        };
        if let Some(Probe::Command(running)) = self.find(id) {
            *running = None;
        }
        let answer = if death == ExitReason::Exited(0) { ProbeResult::Ready } else { ProbeResult::NotYet };
        self.answer(id, answer);
        true
    }

    fn answer(&mut self, id: TaskId, answer: ProbeResult) {
        self.answers.push((id, answer));
        // What sends notifications goes on, and must not be held up by an inbox that nobody empties.
        if answer == ProbeResult::Ready && !matches!(self.find(id), Some(Probe::Notification(_))) {
            self.end(id);
        }
    }

    /// What was found out since this was last asked.
    pub(in crate::supervisor) fn take_answers(&mut self) -> Vec<(TaskId, ProbeResult)> {
        std::mem::take(&mut self.answers)
    }

    /// Whether there is nothing to wait for but the ends of commands.
    pub(in crate::supervisor) fn is_idle(&self) -> bool {
        self.under_way.iter().all(|(_, probe)| match probe {
            Probe::Connection(connector) => connector.is_idle(),
            Probe::Command(_) => true,
            Probe::Notification(_) | Probe::Newline(..) => false,
        })
    }

    /// Adds what has to be waited for.
    pub(in crate::supervisor) fn register(&mut self, set: &mut PollSet) {
        for (_, probe) in &mut self.under_way {
            match probe {
                Probe::Connection(connector) => connector.register(set),
                Probe::Command(_) => {}
                Probe::Notification(door) => door.register(set),
                Probe::Newline(pipe, slot) => *slot = Some(set.watch(pipe.as_fd(), Interest::Readable)),
            }
        }
    }

    /// Looks what came of the wait.
    pub(in crate::supervisor) fn act(&mut self, set: &PollSet) {
        let mut answers = Vec::new();
        let mut over = Vec::new();
        for (id, probe) in &mut self.under_way {
            let answer = match probe {
                Probe::Connection(connector) => connector.act(set),
                Probe::Notification(door) => door.act(set),
                Probe::Newline(pipe, slot) if slot.is_some_and(|slot| set.is_ready(slot)) => {
                    match newline(pipe) {
                        Heard::Newline => Some(ProbeResult::Ready),
                        Heard::Nothing => None,
                        Heard::End => {
                            over.push(*id);
                            None
                        }
                    }
                }
                Probe::Command(_) | Probe::Newline(..) => None,
            };
            answers.extend(answer.map(|answer| (*id, answer)));
        }
        for (id, answer) in answers {
            self.answer(id, answer);
        }
        for id in over {
            self.end(id);
        }
    }
}

enum Heard {
    Newline,
    Nothing,
    /// It was closed without one, so none will come.
    End,
}

fn newline(pipe: &OwnedFd) -> Heard {
    let mut bytes = [0_u8; libc::PIPE_BUF];
    loop {
        match pipe::read_now(pipe.as_fd(), &mut bytes) {
            ReadOutcome::Read(count) if bytes[..count].contains(&b'\n') => return Heard::Newline,
            ReadOutcome::Read(_) => {}
            ReadOutcome::Empty => return Heard::Nothing,
            ReadOutcome::End => return Heard::End,
        }
    }
}
