//! Writes many lines to both streams, in writes that end in the middle of a line.

use std::ffi::c_int;
use std::fs::File;
use std::io::Write;
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd;

use super::signals;

/// The size of a write: no multiple of a line, and more than a pipe writes atomically.
const PIECE: usize = 5003;

/// Writes lines `NAME stdout 1`, `NAME stderr 1` and so on. Blocks all signals, so that it writes all lines.
pub(crate) fn write(name: &str, count: &str) -> c_int {
    signals::set_mask(!0);
    let count: usize = count.parse().expect("a number of lines");
    let mut streams = [Stream::new(1, "stdout"), Stream::new(2, "stderr")];
    for number in 1..=count {
        for stream in &mut streams {
            writeln!(stream.pending, "{name} {} {number}", stream.name).expect("memory takes it");
            stream.write(PIECE);
        }
    }
    for stream in &mut streams {
        stream.write(1);
    }
    0
}

struct Stream {
    file: ManuallyDrop<File>,
    name: &'static str,
    pending: Vec<u8>,
}

impl Stream {
    fn new(number: c_int, name: &'static str) -> Self {
        // SAFETY: a standard descriptor, which stays open: the file is never dropped.
        let file = ManuallyDrop::new(unsafe { File::from_raw_fd(number) });
        Self { file, name, pending: Vec::new() }
    }

    /// Writes pieces while at least this many bytes are pending.
    fn write(&mut self, least: usize) {
        while self.pending.len() >= least {
            let piece = self.pending.len().min(PIECE);
            self.file.write_all(&self.pending[..piece]).expect("somebody reads");
            self.pending.drain(..piece);
        }
    }
}
