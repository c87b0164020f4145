//! All 64 signals, by system calls: the functions of the C library refuse 32 and 33.

use std::mem::MaybeUninit;

use nix::libc;

const SET_SIZE: usize = size_of::<u64>();

/// A signal by its name without SIG, or its number.
pub(crate) fn number(text: &str) -> i32 {
    text.parse().unwrap_or_else(|_| {
        let signal: nix::sys::signal::Signal = format!("SIG{text}").parse().expect("a signal");
        signal as i32
    })
}

/// Bit n-1 is signal n.
pub(crate) fn set_mask(mask: u64) {
    // SAFETY: 8 bytes are read, and the null pointer asks for nothing to be written.
    let result = unsafe {
        let old = std::ptr::null_mut::<u64>();
        libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const mask, old, SET_SIZE)
    };
    assert_eq!(result, 0, "the mask is set");
}

/// `SIG_IGN` or `SIG_DFL`.
pub(crate) fn set_disposition(number: i32, handler: libc::sighandler_t) {
    // The kernel's own structure begins with the handler, and the rest may be zero.
    let mut action = [0_usize; 8];
    action[0] = handler;
    // SAFETY: no code is installed; what is read is as large as the kernel's structure at least.
    unsafe {
        let old = std::ptr::null_mut::<[usize; 8]>();
        libc::syscall(libc::SYS_rt_sigaction, number, &raw const action, old, SET_SIZE);
    }
}

/// A signal that arrived.
pub(crate) struct Received {
    pub(crate) number: i32,
    pub(crate) is_from_kernel: bool,
    pub(crate) sender: i32,
}

/// Waits for any blocked signal.
pub(crate) fn wait_for_any() -> Received {
    let all = !0_u64;
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    loop {
        // SAFETY: 8 bytes are read and one structure is written; the null pointer means no timeout.
        let number = unsafe {
            let for_ever = std::ptr::null::<libc::timespec>();
            libc::syscall(libc::SYS_rt_sigtimedwait, &raw const all, info.as_mut_ptr(), for_ever, SET_SIZE)
        };
        if number > 0 {
            // SAFETY: zeroed at first, and filled in by the kernel since.
            let info = unsafe { info.assume_init() };
            return Received {
                number: info.si_signo,
                is_from_kernel: info.si_code > 0,
                // SAFETY: any bytes are a number; it means something only where a process was the sender.
                sender: unsafe { info.si_pid() },
            };
        }
    }
}

/// Dies of a signal, as with its default action.
pub(crate) fn die_of(number: i32) -> ! {
    set_disposition(number, libc::SIG_DFL);
    // SAFETY: kill(2) takes any numbers.
    unsafe { libc::kill(libc::getpid(), number) };
    set_mask(0);
    std::process::abort();
}
