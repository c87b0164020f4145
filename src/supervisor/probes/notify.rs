//! `--ready notify`: a process is ready when it sends `READY=1`, as `sd_notify(3)` does.

use std::io;
use std::os::fd::AsFd;

use crate::supervisor::machine::readiness::ProbeResult;
use crate::sys::notify::{Inbox, Message};
use crate::sys::poll::{Interest, PollSet, Slot};
use crate::sys::process::Pid;
use crate::sys::procfs;

/// How many messages one wake-up takes. A process that sends without end must not keep the loop from its signals.
const MESSAGES: usize = 64;
/// How many senders one wake-up looks up in /proc.
const LOOKUPS: usize = 4;

/// Receives the notifications of one process.
pub(in crate::supervisor) struct NotifyProbe {
    inbox: Inbox,
    /// The process, and the user that it runs as.
    owner: Option<(Pid, u32)>,
    is_ready: bool,
    /// The sender that was found last not to count.
    stranger: Option<Pid>,
    slot: Option<Slot>,
}

impl NotifyProbe {
    pub(in crate::supervisor) fn open() -> io::Result<Self> {
        Ok(Self { inbox: Inbox::open()?, owner: None, is_ready: false, stranger: None, slot: None })
    }

    /// The `NOTIFY_SOCKET` of the process.
    pub(in crate::supervisor) fn address(&self) -> &str {
        self.inbox.name()
    }

    pub(in crate::supervisor) fn set_owner(&mut self, pid: Pid, uid: u32) {
        self.owner = Some((pid, uid));
    }

    pub(in crate::supervisor) fn register(&mut self, set: &mut PollSet) {
        self.slot = Some(set.watch(self.inbox.as_fd(), Interest::Readable));
    }

    /// Takes messages out of the inbox, also those of a process that is ready: with a full inbox its next message would
    /// block it.
    pub(in crate::supervisor) fn act(&mut self, set: &PollSet) -> Option<ProbeResult> {
        if !self.slot.take().is_some_and(|slot| set.is_ready(slot)) {
            return None;
        }
        let was_ready = self.is_ready;
        let mut lookups = 0;
        for _ in 0..MESSAGES {
            let Some(message) = self.inbox.take() else { break };
            if !self.is_ready && message.says_ready && lookups < LOOKUPS {
                lookups += 1;
                self.is_ready = self.counts(&message);
            }
        }
        (self.is_ready && !was_ready).then_some(ProbeResult::Ready)
    }

    /// Whether a message comes from the process or from something that came from it: a descendant, also one that monofy
    /// has adopted. Only these know the address. A sender that has ended, as a helper like systemd-notify(1) may have,
    /// cannot be looked up: its user has to be that of the process.
    fn counts(&mut self, message: &Message) -> bool {
        let (Some((owner, uid)), Some(sender)) = (self.owner, message.sender) else { return false };
        if self.stranger == Some(sender) {
            return false;
        }
        let counts = sender == owner || procfs::is_below(sender, Pid::own()).unwrap_or(message.uid == uid);
        if !counts {
            self.stranger = Some(sender);
        }
        counts
    }
}
