//! The user and groups of a process.
#![allow(
    unsafe_code,
    reason = "the wrappers of libc change the user of all threads, which a new process does not have"
)]

use std::io;

use nix::libc;
use nix::unistd;

/// The user and groups that a process runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Supplementary groups, including `gid`.
    pub groups: Vec<u32>,
}

impl Credentials {
    /// Whether this process has them already, so that no privilege is needed.
    #[must_use]
    pub fn are_current(&self) -> bool {
        let no_other_groups = || {
            unistd::getgroups()
                .is_ok_and(|groups| groups.iter().all(|group| self.groups.contains(&group.as_raw())))
        };
        unistd::getuid().as_raw() == self.uid
            && unistd::geteuid().as_raw() == self.uid
            && unistd::getgid().as_raw() == self.gid
            && unistd::getegid().as_raw() == self.gid
            && no_other_groups()
    }

    /// Changes the user and groups of a new process. Async-signal-safe. The groups first: the user may not change them.
    ///
    /// By libc and not by nix: the wrappers of the C library broadcast the change to threads that a new process does
    /// not have.
    pub(super) fn assume(&self) -> io::Result<()> {
        // SAFETY: a call on valid memory.
        check(unsafe { libc::setgroups(self.groups.len(), self.groups.as_ptr()) })?;
        // SAFETY: a call on a number.
        check(unsafe { libc::setgid(self.gid) })?;
        // SAFETY: as above.
        check(unsafe { libc::setuid(self.uid) })
    }
}

/// The effective user of this process.
#[must_use]
pub fn own_uid() -> u32 {
    unistd::geteuid().as_raw()
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
