//! Orphans: what the processes leave behind, found in /proc, told to stop and killed.

use crate::signal::SignalNumber;
use crate::supervisor::scan_limiter::ScanLimiter;
use crate::sys::clock;
use crate::sys::process::{self, Pid};
use crate::sys::procfs::{self, Descendant};
use crate::sys::spawn::Grouping;
use crate::sys::wait;

/// The descendants that were told to stop.
#[derive(Default)]
pub(super) struct OrphanTracker {
    told: Vec<Descendant>,
    has_told_blindly: bool,
    limiter: ScanLimiter,
    /// What restarted processes left behind and that was told to stop, by the pid of the process.
    leftovers: Vec<(Pid, Vec<Descendant>)>,
    /// When each process was started, in clock ticks since boot.
    starts: Vec<(Pid, u64)>,
}

impl OrphanTracker {
    /// Records when a process was started. At a terminal its leftovers are known by that they are younger.
    pub(super) fn record_start(&mut self, pid: Pid) {
        self.starts.retain(|(other, _)| *other != pid);
        self.starts.push((pid, clock::ticks_since_boot()));
    }

    /// Returns the descendants to tell to stop now. Each is told once, since a second TERM means something
    /// else to some programs; but what has executed another program since counts as another one.
    ///
    /// Without /proc, TERM and CONT are sent to what can be reached without it.
    pub(super) fn take_untold(&mut self, groups: &[Pid]) -> Vec<Descendant> {
        let Some(scan) = self.limiter.scan(|| procfs::living(&[])) else { return Vec::new() };
        let Some(mut left) = scan else {
            if !std::mem::replace(&mut self.has_told_blindly, true) {
                send_blindly(SignalNumber::TERM, groups);
                send_blindly(SignalNumber::CONT, groups);
            }
            return Vec::new();
        };
        let leftovers = &self.leftovers;
        let was_told = |one: &Descendant| {
            let told = leftovers.iter().flat_map(|(_, told)| told).chain(&self.told);
            told.into_iter().any(|told| told.is_same_program(one))
        };
        left.retain(|one| !was_told(one));
        self.told.extend(left.iter().cloned());
        left
    }

    /// Looks for what a process left behind, which has been reaped, and returns what is to be told to stop now; `None` if
    /// nothing is left.
    ///
    /// It is what is left of its process group: as long as any of it is there, no other group can have its number. At a
    /// terminal all processes share one group: then it is the orphans in that group that are younger than the process.
    pub(super) fn terminate_leftovers(
        &mut self,
        former: Pid,
        running: &[Pid],
        grouping: Grouping,
    ) -> Option<Vec<Descendant>> {
        let Some(left) = self.left_by(former, running, grouping) else {
            return self.terminate_group_blindly(former, grouping);
        };
        let index = self.leftovers.iter().position(|(pid, _)| *pid == former);
        if left.is_empty() {
            index.map(|index| self.leftovers.swap_remove(index));
            return None;
        }
        let index = index.unwrap_or_else(|| {
            self.leftovers.push((former, Vec::new()));
            self.leftovers.len() - 1
        });
        let told = &mut self.leftovers[index].1;
        let mut untold = left;
        untold.retain(|one| !told.iter().any(|told| told.is_same_program(one)));
        told.extend(untold.iter().cloned());
        Some(untold)
    }

    fn left_by(&self, former: Pid, running: &[Pid], grouping: Grouping) -> Option<Vec<Descendant>> {
        if grouping == Grouping::Own {
            return procfs::living_in_group(former);
        }
        let started = self.starts.iter().find(|(pid, _)| *pid == former).map(|(_, started)| *started)?;
        let mut left = procfs::living(running)?;
        left.retain(|one| one.is_in_group(process::own_group()) && one.was_started_since(started));
        Some(left)
    }

    /// Without /proc the kernel still tells whether any child is left in a group.
    fn terminate_group_blindly(&mut self, former: Pid, grouping: Grouping) -> Option<Vec<Descendant>> {
        if grouping == Grouping::Shared || !wait::has_child_in_group(former) {
            self.leftovers.retain(|(pid, _)| *pid != former);
            return None;
        }
        if !self.leftovers.iter().any(|(pid, _)| *pid == former) {
            self.leftovers.push((former, Vec::new()));
            for signal in [SignalNumber::TERM, SignalNumber::CONT] {
                let _ = process::send_to_group(former, signal);
            }
        }
        Some(Vec::new())
    }

    /// Sends SIGKILL to what is still there of what a process left behind.
    pub(super) fn kill_leftovers(&mut self, former: Pid, running: &[Pid], grouping: Grouping) {
        let Some(index) = self.leftovers.iter().position(|(pid, _)| *pid == former) else { return };
        let (_, told) = self.leftovers.swap_remove(index);
        match self.left_by(former, running, grouping) {
            // Only one of those that were told proves that the number still means the same group.
            Some(left) if left.iter().any(|one| told.iter().any(|told| told.is_same(one))) => kill(&left),
            None if !running.contains(&former) => send_to_groups(SignalNumber::KILL, &[former]),
            Some(_) | None => {}
        }
    }
}

/// Tells descendants to stop, and continues them if they were stopped.
pub(super) fn terminate(left: &[Descendant]) {
    for signal in [SignalNumber::TERM, SignalNumber::CONT] {
        for descendant in left {
            // It may have ended since.
            let _ = procfs::send(descendant, signal);
        }
    }
}

/// Sends SIGKILL to all descendants except these processes and their descendants.
pub(super) fn kill_all_but(sparing: &[Pid], groups: &[Pid]) {
    procfs::kill_children(sparing);
    match procfs::living(sparing) {
        Some(left) => kill(&left),
        None if sparing.is_empty() => send_blindly(SignalNumber::KILL, groups),
        None => {
            let groups: Vec<Pid> = groups.iter().copied().filter(|group| !sparing.contains(group)).collect();
            send_to_groups(SignalNumber::KILL, &groups);
        }
    }
}

/// Sends SIGKILL to these.
pub(super) fn kill(left: &[Descendant]) {
    for descendant in left {
        // It may have ended since.
        let _ = procfs::send(descendant, SignalNumber::KILL);
    }
}

/// Sends a signal to what can be reached without a /proc of ours: the init of a pid namespace reaches all of it, others
/// the process groups of the commands.
fn send_blindly(signal: SignalNumber, groups: &[Pid]) {
    if process::is_init() {
        // ESRCH: there is no process left.
        let _ = process::send_to_namespace(signal);
    } else {
        send_to_groups(signal, groups);
    }
}

/// Sends a signal to these groups, if any child of ours is in them: otherwise the number may mean another group by now.
fn send_to_groups(signal: SignalNumber, groups: &[Pid]) {
    for group in groups.iter().filter(|group| wait::has_child_in_group(**group)) {
        let _ = process::send_to_group(*group, signal);
    }
}
