//! Reads a file without ever waiting for it.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;

use nix::libc;

/// The longest file that is read; what follows is ignored. Lists of blocked hosts are a few megabytes long.
const LONGEST: u64 = 8 * 1024 * 1024;

/// The contents of a regular file. One that is missing or unreadable is empty, as for the C library; so is a FIFO, which
/// may never be answered.
pub(super) fn read(path: &str) -> String {
    let mut contents = Vec::new();
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    if let Ok(file) = OpenOptions::new().read(true).custom_flags(flags).open(path)
        && file.metadata().is_ok_and(|metadata| metadata.is_file())
    {
        // What was read before an error counts.
        let _ = file.take(LONGEST).read_to_end(&mut contents);
    }
    String::from_utf8(contents).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
