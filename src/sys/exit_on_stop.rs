//! Ends the program at once when a signal asks for a stop before anything was started.
//!
//! Parsing and planning compute without a pause, up to seconds for a hostile file, and read no signal descriptor. The
//! default action of the signals would do if the kernel did not ignore it for PID 1 (`pid_namespaces(7)`).
#![allow(unsafe_code, reason = "a signal handler")]

use std::mem::MaybeUninit;
use std::ptr;

use nix::libc;

use crate::signal::SignalNumber;

/// While it exists, TERM, INT and QUIT end the program at once: with 0 where nothing was started, as a stop that was
/// asked for, and with 128 plus the signal where something was to be shown. Signals inherited as ignored stay so.
#[derive(Debug)]
pub struct ExitOnStop {
    /// The signals with a handler.
    signals: Vec<SignalNumber>,
}

/// What a signal interrupts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupted {
    /// The preparation of a run, with a notice.
    Run,
    /// The preparation of a run of which only errors are printed.
    QuietRun,
    /// A view, of which a part may have been written.
    View,
}

impl ExitOnStop {
    /// Unblocks the signals.
    #[must_use]
    pub fn arm(interrupted: Interrupted) -> Self {
        let handler = match interrupted {
            Interrupted::Run => exit_with_notice as extern "C" fn(libc::c_int),
            Interrupted::QuietRun => exit_with_zero,
            Interrupted::View => exit_with_signal,
        };
        let stops = SignalNumber::all().filter(|signal| signal.asks_for_stop());
        let signals: Vec<_> = stops.filter(|signal| set_handler(*signal, handler)).collect();
        change_mask(libc::SIG_UNBLOCK, &signals);
        Self { signals }
    }
}

impl Drop for ExitOnStop {
    /// Blocks the signals again before their default action comes back, so that none is lost.
    fn drop(&mut self) {
        change_mask(libc::SIG_BLOCK, &self.signals);
        for signal in &self.signals {
            set_action(*signal, libc::SIG_DFL);
        }
    }
}

extern "C" fn exit_with_notice(signal: libc::c_int) {
    let notice: &[u8] = match signal {
        libc::SIGTERM => b"monofy: nothing was started, because SIGTERM was received\n",
        libc::SIGINT => b"monofy: nothing was started, because SIGINT was received\n",
        _ => b"monofy: nothing was started, because SIGQUIT was received\n",
    };
    let mut stderr = libc::pollfd { fd: libc::STDERR_FILENO, events: libc::POLLOUT, revents: 0 };
    // SAFETY: poll(2), write(2) and _exit(2) are async-signal-safe, and both pointers are to live memory of the given
    // size. A stderr that nobody reads is not written to: that would block. SIGPIPE is blocked.
    unsafe {
        if libc::poll(&raw mut stderr, 1, 0) == 1 && stderr.revents & libc::POLLOUT != 0 {
            libc::write(libc::STDERR_FILENO, notice.as_ptr().cast(), notice.len());
        }
        libc::_exit(0)
    }
}

extern "C" fn exit_with_zero(_: libc::c_int) {
    // SAFETY: _exit(2) is async-signal-safe.
    unsafe { libc::_exit(0) }
}

extern "C" fn exit_with_signal(signal: libc::c_int) {
    // SAFETY: _exit(2) is async-signal-safe.
    unsafe { libc::_exit(128 + signal) }
}

/// Sets a handler unless the signal is ignored. Returns whether it is set.
fn set_handler(signal: SignalNumber, handler: extern "C" fn(libc::c_int)) -> bool {
    let mut old = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: a null action only asks for the current one, for which there is room.
    let result = unsafe { libc::sigaction(signal.get(), ptr::null(), old.as_mut_ptr()) };
    // SAFETY: all zeros are a valid sigaction, so it is initialised even if the call failed.
    let is_default = result == 0 && unsafe { old.assume_init() }.sa_sigaction == libc::SIG_DFL;
    is_default && set_action(signal, handler as libc::sighandler_t)
}

fn set_action(signal: SignalNumber, handler: libc::sighandler_t) -> bool {
    // SAFETY: all zeros are a valid sigaction: no flags, and an empty mask.
    let mut action = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
    action.sa_sigaction = handler;
    // SAFETY: the action is complete, and its handlers only call _exit(2).
    unsafe { libc::sigaction(signal.get(), &raw const action, ptr::null_mut()) == 0 }
}

fn change_mask(how: libc::c_int, signals: &[SignalNumber]) {
    let mut set = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: sigemptyset(3) initialises the set, and sigaddset(3) takes standard signals.
    let set = unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in signals {
            libc::sigaddset(set.as_mut_ptr(), signal.get());
        }
        set.assume_init()
    };
    // SAFETY: the set is initialised, and a null pointer asks for no old mask. There is one thread.
    unsafe {
        libc::sigprocmask(how, &raw const set, ptr::null_mut());
    }
}
