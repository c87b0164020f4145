//! Returns freed memory to the kernel.
#![allow(unsafe_code, reason = "malloc_trim(3) has no safe wrapper")]

/// Returns freed memory to the kernel. The front end needs a few hundred KiB for an instant, the supervisor
/// almost none for months.
pub fn trim_heap() {
    #[cfg(target_env = "gnu")]
    // SAFETY: malloc_trim(3) may be called at any time; there is one thread.
    unsafe {
        nix::libc::malloc_trim(0);
    }
}
