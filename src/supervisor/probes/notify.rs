//! `--ready notify`: ready is who says so by `sd_notify(3)`.

use std::io;
use std::os::fd::AsFd;

use crate::supervisor::machine::readiness::ProbeResult;
use crate::sys::notify::{Inbox, Message};
use crate::sys::poll::{Interest, PollSet, Slot};
use crate::sys::process::Pid;
use crate::sys::procfs;

/// Takes the notifications of one process.
pub(in crate::supervisor) struct NotifyProbe {
    inbox: Inbox,
    /// Whose messages count, and as which user it runs.
    owner: Option<(Pid, u32)>,
    is_ready: bool,
    slot: Option<Slot>,
}

impl NotifyProbe {
    pub(in crate::supervisor) fn open() -> io::Result<Self> {
        Ok(Self { inbox: Inbox::open()?, owner: None, is_ready: false, slot: None })
    }

    /// Its `NOTIFY_SOCKET`.
    pub(in crate::supervisor) fn address(&self) -> &str {
        self.inbox.name()
    }

    pub(in crate::supervisor) fn belongs_to(&mut self, pid: Pid, uid: u32) {
        self.owner = Some((pid, uid));
    }

    pub(in crate::supervisor) fn register(&mut self, set: &mut PollSet) {
        self.slot = Some(set.watch(self.inbox.as_fd(), Interest::Readable));
    }

    /// Empties the inbox, or who writes into it would have to wait some day.
    pub(in crate::supervisor) fn act(&mut self, set: &PollSet) -> Option<ProbeResult> {
        if !self.slot.is_some_and(|slot| set.is_ready(slot)) {
            return None;
        }
        let mut says_ready = false;
        while let Some(message) = self.inbox.take() {
            says_ready |= message.says_ready && self.counts(&message);
        }
        let is_new = says_ready && !self.is_ready;
        self.is_ready |= says_ready;
        is_new.then_some(ProbeResult::Ready)
    }

    /// The process itself and what is below it. One that has ended meanwhile, as a helper like systemd-notify(1) may,
    /// cannot be looked at any more: its user has to be that of the process.
    fn counts(&self, message: &Message) -> bool {
        let (Some((owner, uid)), Some(sender)) = (self.owner, message.sender) else { return false };
        sender == owner || procfs::is_below(sender, owner).unwrap_or(message.uid == uid)
    }
}
