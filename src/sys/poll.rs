//! Waiting for several descriptors at once (ppoll(2)).
#![allow(unsafe_code, reason = "nix's PollFd borrows its descriptor for as long as the set lives")]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

use nix::libc;
use nix::sys::time::TimeSpec;

/// The event to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Something to read, or the end of it.
    Readable,
    /// Room to write, or that the reader has gone.
    Writable,
}

/// The longest time that fits into a `time_t` of 32 bits. The caller looks for itself whether its deadline has come.
const LONGEST_WAIT: Duration = Duration::from_secs(i32::MAX.unsigned_abs() as u64);

/// The descriptors of one wait. It is filled again for each wait, keeps its memory, and owns no descriptor: each part of
/// the loop adds its own and remembers the slots.
#[derive(Debug, Default)]
pub struct PollSet {
    entries: Vec<libc::pollfd>,
}

/// The place of a descriptor in a [`PollSet`], until the set is cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(usize);

impl PollSet {
    /// Removes all descriptors.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Adds a descriptor, which has to stay open until the wait is over.
    pub fn watch(&mut self, descriptor: BorrowedFd<'_>, interest: Interest) -> Slot {
        let events = match interest {
            Interest::Readable => libc::POLLIN,
            Interest::Writable => libc::POLLOUT,
        };
        self.entries.push(libc::pollfd { fd: descriptor.as_raw_fd(), events, revents: 0 });
        Slot(self.entries.len() - 1)
    }

    /// Waits until something can be done with one of them or the time is over; for ever without a time.
    ///
    /// # Errors
    /// As ppoll(2), EINTR excepted. Then nothing is ready.
    pub fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        let time = timeout.map(|timeout| TimeSpec::from_duration(timeout.min(LONGEST_WAIT)));
        let time = time.as_ref().map_or(std::ptr::null(), |time| std::ptr::from_ref(time.as_ref()));
        let count = libc::nfds_t::try_from(self.entries.len()).unwrap_or(libc::nfds_t::MAX);
        // SAFETY: as many entries as are said, which the kernel writes into; the time is null or valid, the mask null.
        let ready = unsafe { libc::ppoll(self.entries.as_mut_ptr(), count, time, std::ptr::null()) };
        if ready >= 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        self.entries.iter_mut().for_each(|entry| entry.revents = 0);
        if error.kind() == io::ErrorKind::Interrupted { Ok(()) } else { Err(error) }
    }

    /// Whether something can be done with what stands there: what was waited for, or an end that only the attempt
    /// will tell (POLLHUP, POLLERR).
    #[must_use]
    pub fn is_ready(&self, slot: Slot) -> bool {
        self.entries.get(slot.0).is_some_and(|entry| entry.revents != 0)
    }
}
