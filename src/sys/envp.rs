//! The environment of a program: that of monofy with changes. Its own process id (`LISTEN_PID`, `sd_listen_fds(3)`) is
//! filled in by the new process.
#![allow(unsafe_code, reason = "the environment as execve(2) takes it is an array of pointers")]

use std::ffi::{CStr, c_char};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::ptr;

use crate::sys::cstring_array::CStringArray;
use crate::sys::environment;
use crate::sys::process::Pid;
use crate::sys::spawn_request::SpawnRequest;

/// The variable with the id of the process that descriptors were opened for.
const LISTEN_PID: &str = "LISTEN_PID";
/// The variable with the inode of the pidfd of that process. A child of ours has another one, and systemd's library
/// accepts its absence.
const LISTEN_PIDFDID: &str = "LISTEN_PIDFDID";

/// Whether monofy was started with sockets (`LISTEN_FDS`) that were opened for it, and so for its processes.
#[must_use]
pub fn listens() -> bool {
    environment::variable(LISTEN_PID).is_some_and(|pid| *pid == *Pid::own().get().to_string())
}

/// The digits of the largest process id, and a NUL.
const DIGITS: usize = 11;
const PREFIX: &[u8; 11] = b"LISTEN_PID=";

/// An environment, prepared before the fork.
pub(super) struct Environment {
    /// The changes. The pointers point here and into the environment of monofy.
    _changes: CStringArray,
    own_pid: Option<[u8; PREFIX.len() + DIGITS]>,
    pointers: Vec<*const c_char>,
}

/// The environment of a program. `None` if it is that of monofy.
///
/// # Errors
/// If a value contains NUL.
pub(super) fn environment(request: &SpawnRequest<'_>) -> io::Result<Option<Environment>> {
    if request.environment.is_empty() && request.hidden.is_empty() && !request.listens {
        return Ok(None);
    }
    let own = request.environment.iter();
    let own: Vec<Vec<u8>> =
        own.map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()].concat()).collect();
    let changes = CStringArray::new(own.iter().map(Vec::as_slice))?;
    // The first entry is the process id.
    let mut pointers = if request.listens { vec![PREFIX.as_ptr().cast()] } else { Vec::new() };
    pointers.extend(kept(request));
    pointers.extend(changes.iter());
    pointers.push(ptr::null());
    let own_pid = request.listens.then(|| {
        let mut entry = [0; PREFIX.len() + DIGITS];
        entry[..PREFIX.len()].copy_from_slice(PREFIX);
        entry
    });
    Ok(Some(Environment { _changes: changes, own_pid, pointers }))
}

/// The variables of monofy that the program gets.
fn kept(request: &SpawnRequest<'_>) -> impl Iterator<Item = *const c_char> {
    let own = request.environment.iter().map(|(name, _)| *name);
    let listening = [LISTEN_PID, LISTEN_PIDFDID].into_iter().filter(|_| request.listens);
    let names: Vec<&str> = own.chain(request.hidden.iter().copied()).chain(listening).collect();
    let is_kept = move |entry: &*const c_char| {
        // SAFETY: an entry of the environment is a string that ends in NUL.
        let entry = unsafe { CStr::from_ptr(*entry) }.to_bytes();
        let mut names = names.iter().map(|name| name.as_bytes());
        !names.any(|name| entry.strip_prefix(name).is_some_and(|rest| rest.first() == Some(&b'=')))
    };
    environment::entries().filter(is_kept)
}

impl Environment {
    /// Fills in the id of this process. Async-signal-safe.
    pub(super) fn with_own_pid(&mut self) -> *const *const c_char {
        if let (Some(entry), Some(first)) = (&mut self.own_pid, self.pointers.first_mut()) {
            let mut rest = Pid::own().get().cast_unsigned();
            let mut digits = [0_u8; DIGITS];
            let mut begin = DIGITS - 1;
            while rest > 0 && begin > 0 {
                begin -= 1;
                digits[begin] = b'0' + (rest % 10) as u8;
                rest /= 10;
            }
            for (to, digit) in entry.iter_mut().skip(PREFIX.len()).zip(&digits[begin..]) {
                *to = *digit;
            }
            *first = entry.as_ptr().cast();
        }
        self.pointers.as_ptr()
    }
}
