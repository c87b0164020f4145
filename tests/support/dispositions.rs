//! Signal dispositions of the test process, which everything it starts inherits.
#![allow(unsafe_code, reason = "system calls on the dispositions of all signals")]

use std::sync::Once;

use nix::libc;

/// Gives every ignored signal its default action, once. A shell starts background jobs with INT and QUIT ignored, and
/// `nohup` ignores HUP: the results of the tests must not depend on it. SIGPIPE is left alone: the test harness needs
/// it ignored, and the standard library resets it in each child.
pub(super) fn reset_inherited() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| (1..=64).filter(|number| *number != libc::SIGPIPE).for_each(reset_ignored));
}

fn reset_ignored(number: i32) {
    // SAFETY: both calls get a whole sigaction, or none. A number that the C library keeps to itself, and KILL and
    // STOP, are refused and change nothing.
    unsafe {
        let mut action = std::mem::zeroed::<libc::sigaction>();
        let is_known = libc::sigaction(number, std::ptr::null(), &raw mut action) == 0;
        if is_known && action.sa_sigaction == libc::SIG_IGN {
            action.sa_sigaction = libc::SIG_DFL;
            libc::sigaction(number, &raw const action, std::ptr::null_mut());
        }
    }
}
