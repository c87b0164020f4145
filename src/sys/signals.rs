//! Masks, dispositions and the descriptor from which signals are read.
//!
//! All by raw system calls on 64 bits: the C library's functions leave the signals 32 and 33 to its threads,
//! of which there are none here, and "every catchable signal 1..64" (contract, 4.3) has no such gap.
#![allow(unsafe_code, reason = "system calls that neither std nor nix offers for all 64 signals")]

use std::io;
use std::mem::{self, MaybeUninit};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

use nix::libc;
use nix::sys::time::TimeSpec;

use crate::signal::{SignalNumber, SignalSet};
use crate::sys::descriptors;
use crate::sys::variadic::long;

/// Bytes in the kernel's own `sigset_t`.
const KERNEL_SET_SIZE: usize = mem::size_of::<u64>();

/// The signal state that monofy was started with and that its children are given (contract, 4.1).
#[derive(Clone, Copy, Debug)]
pub struct OriginalSignals {
    mask: SignalSet,
    /// SIGCHLD, INT and QUIT, those of them that were ignored. SIGCHLD is the one disposition that monofy changes; all
    /// others are the same in the children, untouched.
    ignored: SignalSet,
}

/// The sender of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The kernel, for a terminal: to the whole foreground process group at once.
    Terminal,
    /// A process, by kill(2) or one of its kin.
    Process,
}

/// One signal that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its number.
    pub signal: SignalNumber,
    /// Its sender.
    pub origin: Origin,
}

/// The signals that monofy reads from its descriptor: everything that can be caught, except the faults, which have to
/// kill the program that caused them.
fn taken() -> SignalSet {
    SignalNumber::all()
        .filter(|signal| !signal.is_fault() && ![SignalNumber::KILL, SignalNumber::STOP].contains(signal))
        .collect()
}

/// Blocks every signal that monofy handles and returns the signal state that it was started with. To be called before
/// anything else: a signal that arrives from here on waits to be read, and is neither lost nor deadly.
///
/// SIGCHLD inherited as ignored is set back to its default, since otherwise the kernel reaps children itself
/// (wait(2)) and their statuses are lost. No other disposition is touched: a blocked signal is kept for the
/// descriptor even where it is ignored.
#[must_use]
pub fn take_over() -> OriginalSignals {
    let mask = set_mask(taken());
    let looked_at = [SignalNumber::CHLD, SignalNumber::INT, SignalNumber::QUIT];
    let ignored: SignalSet = looked_at.into_iter().filter(|signal| is_ignored(*signal)).collect();
    if ignored.contains(SignalNumber::CHLD) {
        set_disposition(SignalNumber::CHLD, libc::SIG_DFL);
    }
    OriginalSignals { mask, ignored }
}

impl OriginalSignals {
    /// The signals that monofy was started with as ignored, of those for which it matters: INT and QUIT begin no stop
    /// then, as in a background job of a script.
    #[must_use]
    pub fn ignored(&self) -> SignalSet {
        self.ignored
    }

    /// Gives a freshly forked child what monofy was started with. Async-signal-safe.
    pub fn restore(&self) {
        if self.ignored.contains(SignalNumber::CHLD) {
            set_disposition(SignalNumber::CHLD, libc::SIG_IGN);
        }
        set_mask(self.mask);
    }
}

fn set_mask(mask: SignalSet) -> SignalSet {
    let (new, mut old) = (mask.bits(), 0_u64);
    // SAFETY: both point to 8 bytes, the size that is passed; the call fails only for a bad address or size.
    unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            long(libc::SIG_SETMASK),
            &raw const new,
            &raw mut old,
            KERNEL_SET_SIZE,
        );
    }
    SignalSet::from_bits(old)
}

/// The kernel's `struct sigaction` begins with the handler on every architecture that Rust's Linux targets
/// share but MIPS; what follows differs, is at most this large, and is zero for a plain `SIG_DFL` or `SIG_IGN`.
type KernelAction = [usize; 8];

fn is_ignored(signal: SignalNumber) -> bool {
    let mut action: KernelAction = [0; 8];
    // SAFETY: the kernel fills in no more than its own structure, which fits; a null pointer changes nothing.
    let result = unsafe {
        libc::syscall(
            libc::SYS_rt_sigaction,
            long(signal.get()),
            std::ptr::null::<KernelAction>(),
            &raw mut action,
            KERNEL_SET_SIZE,
        )
    };
    result == 0 && action[0] == libc::SIG_IGN
}

fn set_disposition(signal: SignalNumber, handler: libc::sighandler_t) {
    let mut action: KernelAction = [0; 8];
    action[0] = handler;
    // SAFETY: a handler of SIG_DFL or SIG_IGN without flags is a complete action; no code is installed. The
    // call fails only for SIGKILL and SIGSTOP, whose dispositions are never anything but the default.
    unsafe {
        libc::syscall(
            libc::SYS_rt_sigaction,
            long(signal.get()),
            &raw const action,
            std::ptr::null_mut::<KernelAction>(),
            KERNEL_SET_SIZE,
        );
    }
}

/// The queue of blocked signals, as a descriptor (signalfd(2)).
#[derive(Debug)]
pub struct SignalFd {
    descriptor: OwnedFd,
    own: u32,
}

/// "Sent by the kernel" (sigaction(2)): a terminal sent it, if terminals send this signal at all.
const SI_KERNEL: i32 = 0x80;

/// How many signals one read takes. Standard signals do not queue, so only floods of real-time signals fill
/// it, and then the next read goes on.
const BATCH: usize = 16;

impl SignalFd {
    /// Opens the descriptor.
    ///
    /// # Errors
    /// When there is no descriptor or memory left.
    pub fn open() -> io::Result<Self> {
        Self::of(taken())
    }

    /// Opens a queue of the signals that begin a stop, to wait for them without taking them.
    ///
    /// # Errors
    /// When there is no descriptor or memory left.
    pub fn open_for_stop() -> io::Result<Self> {
        Self::of(SignalNumber::all().filter(|signal| signal.asks_for_stop()).collect())
    }

    fn of(signals: SignalSet) -> io::Result<Self> {
        let mask = signals.bits();
        // SAFETY: the mask is 8 bytes, the size that is passed; -1 asks for a new descriptor.
        let number = unsafe {
            let flags = long(libc::SFD_CLOEXEC);
            libc::syscall(libc::SYS_signalfd4, long(-1), &raw const mask, KERNEL_SET_SIZE, flags)
        };
        let number = libc::c_int::try_from(number).unwrap_or(-1);
        if number < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just made this descriptor, and nothing else owns it.
        let descriptor = unsafe { OwnedFd::from_raw_fd(number) };
        Ok(Self { descriptor: descriptors::move_above_stdio(descriptor)?, own: std::process::id() })
    }

    /// Waits until a signal is there and takes what is, lowest number first (signalfd(2)). The signals that a
    /// write of monofy itself causes are left out: SIGPIPE without a reader, SIGXFSZ beyond the limit of file sizes.
    ///
    /// # Errors
    /// As read(2); EINTR among them.
    pub fn read(&self, received: &mut Vec<Received>) -> io::Result<()> {
        let mut batch = [const { MaybeUninit::<libc::signalfd_siginfo>::uninit() }; BATCH];
        // SAFETY: the buffer is as large as is said, and only what the kernel wrote is looked at below.
        let read = unsafe {
            libc::read(self.descriptor.as_raw_fd(), batch.as_mut_ptr().cast(), mem::size_of_val(&batch))
        };
        let read = usize::try_from(read).map_err(|_| io::Error::last_os_error())?;
        received.extend(batch[..read / mem::size_of::<libc::signalfd_siginfo>()].iter().filter_map(
            |entry| {
                // SAFETY: read(2) on a signalfd fills whole entries, and says how many.
                let entry = unsafe { entry.assume_init_ref() };
                // Not every signal of ours: `kill -TERM $$; exec monofy` means it.
                let is_of_write = [SignalNumber::PIPE, SignalNumber::XFSZ]
                    .iter()
                    .any(|signal| entry.ssi_signo == u32::from(*signal));
                let from_self = is_of_write && entry.ssi_pid == self.own && entry.ssi_code <= 0;
                SignalNumber::new(entry.ssi_signo).filter(|_| !from_self).map(|signal| Received {
                    signal,
                    origin: if entry.ssi_code == SI_KERNEL && signal.comes_from_terminals() {
                        Origin::Terminal
                    } else {
                        Origin::Process
                    },
                })
            },
        ));
        Ok(())
    }
}

impl AsFd for SignalFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// The signals that are pending for this process.
pub(super) fn pending() -> SignalSet {
    let mut pending = 0_u64;
    // SAFETY: the kernel fills in the 8 bytes whose size is passed.
    unsafe { libc::syscall(libc::SYS_rt_sigpending, &raw mut pending, KERNEL_SET_SIZE) };
    SignalSet::from_bits(pending)
}

/// Has the kernel continue this process if it is stopped before it executes its program. Async-signal-safe.
///
/// A Ctrl-Z that reaches a child between the change of its mask and execve(2) stops it there, and nobody would continue
/// it: monofy does not know it as started yet. A timer does, since SIGCONT acts on a stopped process, and execve(2)
/// removes the timer. The effect of the Ctrl-Z comes afterwards: the machine passes it on to the process that was being
/// started when it came. Without timers, all is as without this.
pub(super) fn continue_if_stopped_before_exec() {
    const AFTER: Duration = Duration::from_millis(10);
    let _ = signal_unless_executed_within(SignalNumber::CONT, AFTER);
}

/// Makes the kernel kill this process unless it executes its program within this time, less than a second.
/// Async-signal-safe. Returns false if there are no timers.
pub(super) fn kill_unless_executed_within(limit: Duration) -> bool {
    signal_unless_executed_within(SignalNumber::KILL, limit)
}

/// execve(2) removes the timers of a process.
fn signal_unless_executed_within(signal: SignalNumber, limit: Duration) -> bool {
    // SAFETY: all zero is a valid value of this plain structure of C.
    let mut event = unsafe { mem::zeroed::<libc::sigevent>() };
    event.sigev_notify = libc::SIGEV_SIGNAL;
    event.sigev_signo = signal.get();
    // The kernel's structure: an interval and a first time, each of seconds and nanoseconds as a `long`. That of a C library
    // has seconds of 64 bits on some machines of 32.
    let time: [libc::c_long; 4] = [0, 0, 0, TimeSpec::from_duration(limit).tv_nsec()];
    let mut timer: libc::c_int = 0;
    // SAFETY: the kernel reads the two structures and writes the timer's number, all of which outlive the calls.
    // Without timers, everything is as without this function.
    unsafe {
        let clock = long(libc::CLOCK_MONOTONIC);
        libc::syscall(libc::SYS_timer_create, clock, &raw const event, &raw mut timer) == 0
            && libc::syscall(
                libc::SYS_timer_settime,
                long(timer),
                long(0),
                &raw const time,
                std::ptr::null_mut::<[libc::c_long; 4]>(),
            ) == 0
    }
}

/// Has the kernel kill this process, a copy of monofy, if monofy is killed.
pub(super) fn die_with_parent() {
    const NONE: libc::c_long = 0;
    // SAFETY: a system call on numbers.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, long(libc::SIGKILL), NONE, NONE, NONE) };
}

/// Stops this process as the terminal would have, had the signal not been blocked, and returns when it has
/// been continued. The kernel decides: in an orphaned process group, as PID 1, or where the signal was
/// inherited as ignored, nothing stops (setpgid(2), "orphaned process group").
pub fn stop_self(signal: SignalNumber) {
    let mut without = 0;
    taken().iter().filter(|other| *other != signal).for_each(|other| without |= 1_u64 << (other.get() - 1));
    // SAFETY: kill(2) takes any numbers. While blocked, the signal only waits; it acts when it is unblocked.
    unsafe { libc::kill(libc::getpid(), signal.get()) };
    let before = set_mask(SignalSet::from_bits(without));
    set_mask(before);
}
