//! The environment of a child that is to find its own process id in it (`LISTEN_PID`, `sd_listen_fds(3)`).
#![allow(
    unsafe_code,
    reason = "only after the fork is the process id known, and then nothing may be allocated"
)]

use std::ffi::{OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::process::Pid;

/// The variable that says for whom descriptors were opened.
pub const LISTEN_PID: &str = "LISTEN_PID";

/// Whether the descriptors that monofy was started with are sockets that were opened for it, and so for its
/// processes.
#[must_use]
pub fn listens() -> bool {
    std::env::var(LISTEN_PID).is_ok_and(|pid| pid == Pid::own().get().to_string())
}

/// A whole environment, made ready before the fork.
pub struct Environment {
    /// Each `NAME=VALUE` with a NUL behind it; first the one that holds the process id.
    entries: Vec<Vec<u8>>,
    /// Where they begin, and a null pointer. Atomic only so that a closure which holds them may be sent.
    pointers: Vec<AtomicPtr<c_char>>,
}

/// The digits of the largest process id, and a NUL.
const DIGITS: usize = 11;

unsafe extern "C" {
    static mut environ: *const *const c_char;
}

impl Environment {
    /// These variables, and room for the process id.
    #[must_use]
    pub fn new<'a>(variables: impl Iterator<Item = (&'a OsStr, &'a OsStr)>) -> Self {
        let others = variables.filter(|(name, _)| *name != LISTEN_PID);
        let entry = |name: &OsStr, value: &[u8]| [name.as_bytes(), b"=", value, b"\0"].concat();
        let first = entry(OsStr::new(LISTEN_PID), &[0; DIGITS]);
        let mut entries: Vec<Vec<u8>> = vec![first];
        entries.extend(others.map(|(name, value)| entry(name, value.as_bytes())));
        let pointers = entries.iter_mut().map(|entry| AtomicPtr::new(entry.as_mut_ptr().cast()));
        let pointers = pointers.chain([AtomicPtr::default()]).collect();
        Self { entries, pointers }
    }

    /// Makes it that of this process. Async-signal-safe, for a freshly forked child.
    pub fn install(&mut self) {
        let mut rest = Pid::own().get().cast_unsigned();
        let mut digits = [0_u8; DIGITS];
        let mut begin = DIGITS - 1;
        while rest > 0 && begin > 0 {
            begin -= 1;
            digits[begin] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        if let Some(entry) = self.entries.first_mut() {
            let digits = &digits[begin..];
            for (to, digit) in entry.iter_mut().skip(LISTEN_PID.len() + 1).zip(digits) {
                *to = *digit;
            }
            if let Some(pointer) = self.pointers.first() {
                pointer.store(entry.as_mut_ptr().cast(), Ordering::Relaxed);
            }
        }
        // SAFETY: a null-terminated array of strings that end in NUL; an AtomicPtr is laid out as a pointer. Both
        // live until the execution, since the child that owns them does nothing else.
        unsafe { environ = self.pointers.as_ptr().cast() };
    }
}
