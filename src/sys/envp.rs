//! The environment of a program: ours, with what is different for it. Who is to find its own process id in it
//! (`LISTEN_PID`, `sd_listen_fds(3)`) gets that only when there is a process.
#![allow(unsafe_code, reason = "the environment as execve(2) takes it is an array of pointers")]

use std::ffi::{CStr, c_char};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::ptr;

use crate::sys::cstring_array::CStringArray;
use crate::sys::process::Pid;
use crate::sys::spawn::Launch;

/// The variable that says for whom descriptors were opened.
pub const LISTEN_PID: &str = "LISTEN_PID";

/// Whether the descriptors that monofy was started with are sockets that were opened for it, and so for its
/// processes.
#[must_use]
pub fn listens() -> bool {
    std::env::var(LISTEN_PID).is_ok_and(|pid| pid == Pid::own().get().to_string())
}

unsafe extern "C" {
    static environ: *const *const c_char;
}

/// Our own, as it is.
pub(super) fn ours() -> *const *const c_char {
    // SAFETY: nothing in this program changes the environment.
    unsafe { environ }
}

/// The digits of the largest process id, and a NUL.
const DIGITS: usize = 11;
const PREFIX: &[u8; 11] = b"LISTEN_PID=";

/// A whole environment, made ready before the fork.
pub(super) struct Environment {
    /// What is different. The pointers point here and into our own environment.
    _different: CStringArray,
    own_pid: Option<[u8; PREFIX.len() + DIGITS]>,
    pointers: Vec<*const c_char>,
}

/// What a program is given; `None` where that is what we have.
///
/// # Errors
/// When a value holds a NUL.
pub(super) fn environment(launch: &Launch<'_>) -> io::Result<Option<Environment>> {
    if launch.environment.is_empty() && launch.hidden.is_empty() && !launch.listens {
        return Ok(None);
    }
    let own = launch.environment.iter();
    let own: Vec<Vec<u8>> =
        own.map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()].concat()).collect();
    let different = CStringArray::new(own.iter().map(Vec::as_slice))?;
    // The first place is that of the process id.
    let mut pointers = if launch.listens { vec![PREFIX.as_ptr().cast()] } else { Vec::new() };
    pointers.extend(kept(launch));
    pointers.extend(different.iter());
    pointers.push(ptr::null());
    let own_pid = launch.listens.then(|| {
        let mut entry = [0; PREFIX.len() + DIGITS];
        entry[..PREFIX.len()].copy_from_slice(PREFIX);
        entry
    });
    Ok(Some(Environment { _different: different, own_pid, pointers }))
}

/// What of our environment stays.
fn kept(launch: &Launch<'_>) -> impl Iterator<Item = *const c_char> {
    let own = launch.environment.iter().map(|(name, _)| *name);
    let names: Vec<&str> =
        own.chain(launch.hidden.iter().copied()).chain(launch.listens.then_some(LISTEN_PID)).collect();
    let is_kept = move |entry: &*const c_char| {
        // SAFETY: an entry of the environment is a string that ends in NUL.
        let entry = unsafe { CStr::from_ptr(*entry) }.to_bytes();
        let mut names = names.iter().map(|name| name.as_bytes());
        !names.any(|name| entry.strip_prefix(name).is_some_and(|rest| rest.first() == Some(&b'=')))
    };
    all_of_ours().filter(is_kept)
}

fn all_of_ours() -> impl Iterator<Item = *const c_char> {
    let mut next = ours();
    std::iter::from_fn(move || {
        // SAFETY: an array that ends in a null pointer, behind which nothing is looked at; none at all where
        // execve(2) was given none.
        let entry = unsafe { next.as_ref() }.copied().filter(|entry| !entry.is_null())?;
        // SAFETY: as above; this was not its end.
        next = unsafe { next.add(1) };
        Some(entry)
    })
}

impl Environment {
    /// The environment of this process, a new one that is about to be executed. Async-signal-safe.
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
