//! Starts and lookups that take long. The event loop goes on meanwhile.

use std::os::fd::AsFd;

use crate::exit::ExitReason;
use crate::plan::TaskId;
use crate::supervisor::launcher::lookup::PendingLookup;
use crate::sys::poll::{Interest, PollSet, Slot};
use crate::sys::process::Pid;
use crate::sys::spawn::{NewProcess, PendingProcess, SpawnError};

/// Starts and lookups that are not complete.
#[derive(Default)]
pub(in crate::supervisor) struct Pending {
    starts: Vec<PendingStart>,
    lookup: Option<(PendingLookup, Option<Slot>)>,
    /// Killed lookups that have not been reaped.
    killed: Vec<Pid>,
}

struct PendingStart {
    id: TaskId,
    process: PendingProcess,
    slot: Option<Slot>,
    /// Whether it was killed because a stop began.
    is_cancelled: bool,
}

/// Something that is complete.
pub(in crate::supervisor) enum Completed {
    Start(TaskId, Result<NewProcess, SpawnError>),
    Cancelled(TaskId),
    Lookup(PendingLookup),
}

impl Pending {
    pub(in crate::supervisor) fn add_start(&mut self, id: TaskId, process: PendingProcess) {
        self.starts.push(PendingStart { id, process, slot: None, is_cancelled: false });
    }

    pub(in crate::supervisor) fn set_lookup(&mut self, lookup: PendingLookup) {
        self.lookup = Some((lookup, None));
    }

    pub(in crate::supervisor) fn is_empty(&self) -> bool {
        self.starts.is_empty() && self.lookup.is_none()
    }

    /// Kills everything that is not complete, since a stop has begun. Nothing of it has become a program.
    pub(in crate::supervisor) fn cancel(&mut self) {
        let is_pending = |start: &&mut PendingStart| !start.is_cancelled && !start.process.is_complete();
        for start in self.starts.iter_mut().filter(is_pending) {
            start.process.kill();
            start.is_cancelled = true;
        }
        if let Some((lookup, _)) = self.lookup.take() {
            lookup.kill();
            self.killed.push(lookup.pid());
        }
    }

    /// Adds the descriptors to wait for.
    pub(in crate::supervisor) fn register(&mut self, set: &mut PollSet) {
        for start in &mut self.starts {
            start.slot = Some(set.watch(start.process.as_fd(), Interest::Readable));
        }
        if let Some((lookup, slot)) = &mut self.lookup {
            *slot = Some(set.watch(lookup.as_fd(), Interest::Readable));
        }
    }

    /// What the last wait has shown to be complete.
    pub(in crate::supervisor) fn take_ready(&mut self, set: &PollSet) -> Vec<Completed> {
        let is_ready = |slot: &mut Option<Slot>| slot.take().is_some_and(|slot| set.is_ready(slot));
        let ready = self.starts.extract_if(.., |start| is_ready(&mut start.slot));
        // A cancelled start is complete when its process has been reaped.
        let mut completed: Vec<Completed> = Vec::new();
        for start in ready.collect::<Vec<_>>() {
            if start.is_cancelled {
                self.killed.push(start.process.pid());
                completed.push(Completed::Cancelled(start.id));
            } else {
                completed.push(Completed::Start(start.id, start.process.finish()));
            }
        }
        if let Some((mut lookup, mut slot)) = self.lookup.take() {
            if is_ready(&mut slot) && lookup.read() {
                completed.push(Completed::Lookup(lookup));
            } else {
                self.lookup = Some((lookup, None));
            }
        }
        completed
    }

    /// Takes the deaths of what is pending out of the deaths of one wake-up, unless they are those of programs: a
    /// process whose pipe was not looked at may have become one. Such a process is complete, and its death stays.
    pub(in crate::supervisor) fn settle(&mut self, deaths: &mut Vec<(Pid, ExitReason)>) -> Vec<Completed> {
        if self.is_empty() && self.killed.is_empty() {
            return Vec::new();
        }
        deaths.retain(|(pid, _)| match self.killed.iter().position(|killed| killed == pid) {
            Some(index) => {
                self.killed.swap_remove(index);
                false
            }
            None => true,
        });
        let has_died = |deaths: &[(Pid, ExitReason)], pid| deaths.iter().any(|(dead, _)| *dead == pid);
        let dead = self.starts.extract_if(.., |start| has_died(deaths, start.process.pid()));
        let dead: Vec<PendingStart> = dead.collect();
        let mut completed = Vec::new();
        for start in dead {
            if start.is_cancelled {
                deaths.retain(|(pid, _)| *pid != start.process.pid());
                completed.push(Completed::Cancelled(start.id));
            } else {
                let pid = start.process.pid();
                let result = start.process.finish_reaped();
                if result.is_err() {
                    deaths.retain(|(dead, _)| *dead != pid);
                }
                completed.push(Completed::Start(start.id, result));
            }
        }
        if let Some((lookup, _)) = &self.lookup
            && has_died(deaths, lookup.pid())
        {
            // Its result is still in the pipe.
            deaths.retain(|(pid, _)| *pid != lookup.pid());
        }
        completed
    }

    /// Whether this child is pending, or was cancelled.
    pub(in crate::supervisor) fn is_watching(&self, pid: Pid) -> bool {
        self.killed.contains(&pid)
            || self.starts.iter().any(|start| start.process.pid() == pid)
            || self.lookup.as_ref().is_some_and(|(lookup, _)| lookup.pid() == pid)
    }
}
