//! Detects a process whose output stays in a buffer because its stdout is a pipe: "no output" (foreman #180).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::plan::TaskId;
use crate::sys::process::Pid;

/// How long a process has to be silent before it is inspected.
const SILENCE: Duration = Duration::from_secs(10);

/// A process to inspect if it has written nothing until a deadline.
#[derive(Debug)]
pub(super) struct BufferingHint {
    pub(super) task: TaskId,
    pub(super) pid: Pid,
    pub(super) deadline: Instant,
}

impl BufferingHint {
    pub(super) fn new(task: TaskId, pid: Pid, started: Instant) -> Self {
        Self { task, pid, deadline: started + SILENCE }
    }

    /// Whether the process is a Python interpreter that buffers its output.
    pub(super) fn applies(&self) -> bool {
        let Ok(program) = self.proc("exe").read_link() else { return false };
        let read = |name| std::fs::read(self.proc(name)).unwrap_or_default();
        is_python(program.file_name().unwrap_or_default())
            && !is_unbuffered_by_environment(&read("environ"))
            && !is_unbuffered_by_option(&read("cmdline"))
    }

    fn proc(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{name}", self.pid))
    }
}

fn is_python(program: &OsStr) -> bool {
    let name = program.as_bytes();
    name.starts_with(b"python") || name.starts_with(b"pypy")
}

fn is_unbuffered_by_environment(environment: &[u8]) -> bool {
    let is_empty = |entry: &[u8]| entry.strip_prefix(b"PYTHONUNBUFFERED=").map(<[u8]>::is_empty);
    environment.split(|byte| *byte == 0).any(|entry| is_empty(entry) == Some(false))
}

/// Whether the command line holds `-u`, alone or joined with other options. The options end at the first word that is
/// no option, and at `-c` and `-m`.
fn is_unbuffered_by_option(command_line: &[u8]) -> bool {
    let words = command_line.split(|byte| *byte == 0).skip(1);
    for word in words.take_while(|word| word.starts_with(b"-") && !word.starts_with(b"--")) {
        let letters = word[1..].iter().take_while(|letter| !matches!(letter, b'c' | b'm' | b'X' | b'W'));
        if letters.clone().any(|letter| *letter == b'u') {
            return true;
        }
        if letters.count() < word.len() - 1 && word.iter().any(|letter| matches!(letter, b'c' | b'm')) {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_u_counts_only_before_the_script() {
        assert!(is_unbuffered_by_option(b"python\0-u\0app.py\0"));
        assert!(is_unbuffered_by_option(b"python\0-Bu\0app.py\0"));
        assert!(is_unbuffered_by_option(b"python3\0-I\0-u\0-m\0app\0"));
        assert!(!is_unbuffered_by_option(b"python\0app.py\0-u\0"));
        assert!(!is_unbuffered_by_option(b"python\0-m\0queue\0"));
        assert!(!is_unbuffered_by_option(b"python\0-c\0print()\0-u\0"));
    }

    #[test]
    fn an_empty_pythonunbuffered_does_not_count() {
        assert!(is_unbuffered_by_environment(b"A=1\0PYTHONUNBUFFERED=1\0"));
        assert!(!is_unbuffered_by_environment(b"PYTHONUNBUFFERED=\0A=1\0"));
        assert!(!is_unbuffered_by_environment(b"PYTHONUNBUFFEREDX=1\0"));
    }
}
