//! `--ready exec:COMMAND`: a process is ready when this command exits with 0.

use crate::exit::ExitReason;
use crate::signal::SignalNumber;
use crate::sys::process::{self, Pid};

/// Runs a command again and again.
#[derive(Default)]
pub(in crate::supervisor) struct ExecProbe {
    running: Option<Pid>,
}

impl ExecProbe {
    pub(in crate::supervisor) fn started(&mut self, pid: Pid) {
        self.running = Some(pid);
    }

    pub(in crate::supervisor) fn is_at(&self, pid: Pid) -> bool {
        self.running == Some(pid)
    }

    /// Kills the command with its group. Returns its process, which has not been reaped.
    pub(in crate::supervisor) fn kill(&mut self) -> Option<Pid> {
        let pid = self.running.take()?;
        // It leads its group and has not been reaped, so the number is its own.
        let _ = process::kill_group(pid);
        // It may not lead its group yet.
        let _ = process::send(pid, SignalNumber::KILL);
        Some(pid)
    }

    /// The command has ended.
    pub(in crate::supervisor) fn ended(&mut self, reason: ExitReason) -> Result<(), String> {
        self.running = None;
        if reason == ExitReason::Exited(0) { Ok(()) } else { Err(format!("the command {reason}")) }
    }
}
