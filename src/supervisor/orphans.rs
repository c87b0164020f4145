//! What processes leave behind: found in /proc, asked to stop and killed.

use crate::signal::SignalNumber;
use crate::supervisor::scan_limiter::ScanLimiter;
use crate::sys::process::{self, Pid};
use crate::sys::procfs::{self, Descendant};

/// Whom of our descendants was asked to stop.
#[derive(Default)]
pub(super) struct OrphanTracker {
    asked: Vec<Descendant>,
    has_asked_blindly: bool,
    limiter: ScanLimiter,
    /// What processes have left in their groups that are started again, by the group.
    groups: Vec<(Pid, Vec<Descendant>)>,
}

impl OrphanTracker {
    /// Those who are to be asked to stop now. Each is asked once, since a second TERM means something else to some
    /// programs; but what has executed another program meanwhile is another one, and never heard of it.
    pub(super) fn take_to_ask(&mut self) -> Vec<Descendant> {
        let Some(scan) = self.limiter.scan(|| procfs::living(&[])) else { return Vec::new() };
        let Some(mut left) = scan else {
            if !std::mem::replace(&mut self.has_asked_blindly, true) {
                send_blindly(SignalNumber::TERM);
                send_blindly(SignalNumber::CONT);
            }
            return Vec::new();
        };
        let was_asked = |one: &Descendant| {
            let asked = self.groups.iter().flat_map(|(_, asked)| asked).chain(&self.asked);
            asked.into_iter().any(|asked| asked.is_same_program(one))
        };
        left.retain(|one| !was_asked(one));
        self.asked.extend(left.iter().cloned());
        left
    }

    /// Those who are to be asked in the group of a process that has just been reaped. As long as any of them is
    /// there, no other group can have its number.
    pub(super) fn take_group_to_ask(&mut self, leader: Pid) -> Vec<Descendant> {
        let left = procfs::living_in_group(leader);
        if !left.is_empty() {
            self.groups.push((leader, left.clone()));
        }
        left
    }

    /// Kills what is still in such a group.
    pub(super) fn kill_group(&mut self, leader: Pid) {
        let Some(index) = self.groups.iter().position(|(group, _)| *group == leader) else { return };
        let (_, asked) = self.groups.swap_remove(index);
        let left = procfs::living_in_group(leader);
        if left.iter().any(|one| asked.iter().any(|asked| asked.is_same(one))) {
            kill(&left);
        }
    }
}

/// Asks them to stop, and lets them go on if they were stopped.
pub(super) fn ask(left: &[Descendant]) {
    for signal in [SignalNumber::TERM, SignalNumber::CONT] {
        for descendant in left {
            // It may have ended meanwhile.
            let _ = procfs::send(descendant, signal);
        }
    }
}

/// SIGKILL to all descendants but these and what is below them.
pub(super) fn kill_all_but(sparing: &[Pid]) {
    procfs::kill_children(sparing);
    match procfs::living(sparing) {
        Some(left) => kill(&left),
        None => send_blindly(SignalNumber::KILL),
    }
}

/// SIGKILL to these.
pub(super) fn kill(left: &[Descendant]) {
    for descendant in left {
        // It may have ended meanwhile.
        let _ = procfs::send(descendant, SignalNumber::KILL);
    }
}

/// Without a /proc of ours: the init of a namespace can still reach all of it at once.
fn send_blindly(signal: SignalNumber) {
    if process::is_init() {
        // ESRCH: nobody is left.
        let _ = process::send_to_namespace(signal);
    }
}
