//! Exit reasons, and the exit status of the run for each outcome (contract, 4.5).

use std::fmt;

use crate::signal::SignalNumber;

/// `--start-timeout` has passed (the status of timeout(1)).
pub const START_TIMEOUT: u8 = 124;
/// An error of monofy itself: usage, variables, files, the plan. Docker uses the same status for its own errors.
pub const OUR_FAILURE: u8 = 125;
/// PROGRAM cannot be executed (POSIX, exit status of a shell).
pub const NOT_EXECUTABLE: u8 = 126;
/// PROGRAM is not found (POSIX, exit status of a shell).
pub const NOT_FOUND: u8 = 127;
/// A process had to be killed: 128 and SIGKILL.
pub const KILLED: u8 = 137;

/// The reader of the output is gone: 128 and SIGPIPE, of which a program that writes to it dies.
pub const READER_GONE: u8 = 141;

/// How one process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitReason {
    /// It exited with this status.
    Exited(u8),
    /// A signal killed it.
    Killed(SignalNumber),
    /// A signal killed it, and more is known about that.
    Explained(SignalNumber, KillCause),
    /// The kernel did not report how it ended.
    Lost,
}

/// What is known about a death by a signal, beyond the signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KillCause {
    /// The kernel wrote the memory of the process to a file.
    CoreDumped,
    /// The kernel killed the process, because the memory was used up. The limit is that of the control group in bytes,
    /// if it has one.
    OutOfMemory(Option<u64>),
    /// Another process sent the signal, or the process itself did.
    NotSentByMonofy,
}

impl fmt::Display for KillCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::CoreDumped => f.write_str(" (core dumped)"),
            Self::OutOfMemory(None) => f.write_str(": out of memory"),
            Self::OutOfMemory(Some(limit)) => {
                write!(f, ": out of memory (limit ")?;
                write_size(f, limit)?;
                f.write_str(")")
            }
            Self::NotSentByMonofy => f.write_str(": not sent by monofy"),
        }
    }
}

/// Writes a number of bytes in the largest unit that fits, with one decimal place where it is not whole.
fn write_size(f: &mut fmt::Formatter<'_>, bytes: u64) -> fmt::Result {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let Some((shift, unit)) = units.into_iter().find(|(shift, _)| bytes >> shift > 0) else {
        return write!(f, "{bytes} B");
    };
    let (whole, rest) = (bytes >> shift, bytes & ((1 << shift) - 1));
    match (rest * 10) >> shift {
        0 => write!(f, "{whole} {unit}"),
        tenths => write!(f, "{whole}.{tenths} {unit}"),
    }
}

impl ExitReason {
    /// The signal of which it died.
    #[must_use]
    pub fn signal(self) -> Option<SignalNumber> {
        match self {
            Self::Killed(signal) | Self::Explained(signal, _) => Some(signal),
            Self::Exited(_) | Self::Lost => None,
        }
    }

    /// The status by which a shell would report it.
    #[must_use]
    pub fn status(self) -> u8 {
        match self {
            Self::Exited(status) => status,
            Self::Killed(signal) | Self::Explained(signal, _) => signal.shell_status(),
            Self::Lost => OUR_FAILURE,
        }
    }

    /// Whether it stopped cleanly: it exited with 0, died of a signal it was sent, or exited with 128 and that signal, as
    /// a shell or a JVM does.
    #[must_use]
    pub fn is_clean_stop(self, was_sent: impl Fn(SignalNumber) -> bool) -> bool {
        match self {
            Self::Exited(0) => true,
            Self::Exited(status) => {
                status.checked_sub(128).and_then(|n| SignalNumber::new(n.into())).is_some_and(was_sent)
            }
            Self::Killed(signal) | Self::Explained(signal, _) => was_sent(signal),
            Self::Lost => false,
        }
    }
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => write!(f, "exited with status {status}"),
            Self::Killed(signal) => write!(f, "was killed by {signal}"),
            Self::Explained(signal, cause) => write!(f, "was killed by {signal}{cause}"),
            Self::Lost => f.write_str("ended in an unknown way"),
        }
    }
}

/// How a process ended after an outside signal asked for a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopOutcome {
    /// It stopped cleanly.
    Clean,
    /// It ended with another status.
    Status(u8),
    /// monofy killed it.
    Killed,
}

/// The exit status of a run that an outside signal ended. `outcomes` are those of its processes, in the order of the
/// line.
#[must_use]
pub fn after_outside_stop(outcomes: impl IntoIterator<Item = StopOutcome>) -> u8 {
    let mut first_other = None;
    for outcome in outcomes {
        match outcome {
            StopOutcome::Clean => {}
            StopOutcome::Status(status) => first_other = first_other.or(Some(status)),
            StopOutcome::Killed => return KILLED,
        }
    }
    first_other.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clean_stop_is_0() {
        assert_eq!(after_outside_stop([]), 0);
        assert_eq!(after_outside_stop([StopOutcome::Clean, StopOutcome::Clean]), 0);
    }

    #[test]
    fn the_first_other_status_in_the_order_of_the_line_decides() {
        assert_eq!(
            after_outside_stop([StopOutcome::Clean, StopOutcome::Status(3), StopOutcome::Status(4)]),
            3
        );
    }

    #[test]
    fn a_killed_process_wins_over_any_other_status() {
        assert_eq!(after_outside_stop([StopOutcome::Status(3), StopOutcome::Killed]), 137);
    }

    #[test]
    fn a_signal_that_was_sent_may_be_reported_as_a_shell_does() {
        let was_sent = |signal| signal == SignalNumber::TERM;
        assert!(ExitReason::Exited(143).is_clean_stop(was_sent));
        assert!(ExitReason::Killed(SignalNumber::TERM).is_clean_stop(was_sent));
        assert!(!ExitReason::Exited(130).is_clean_stop(was_sent));
        assert!(!ExitReason::Killed(SignalNumber::HUP).is_clean_stop(was_sent));
        assert!(!ExitReason::Exited(1).is_clean_stop(was_sent));
        assert!(!ExitReason::Exited(128).is_clean_stop(was_sent));
    }

    #[test]
    fn the_cause_of_a_kill_is_part_of_the_message() {
        let killed = |cause| ExitReason::Explained(SignalNumber::KILL, cause).to_string();
        assert_eq!(killed(KillCause::NotSentByMonofy), "was killed by SIGKILL: not sent by monofy");
        assert_eq!(killed(KillCause::OutOfMemory(None)), "was killed by SIGKILL: out of memory");
        for (limit, shown) in [
            (64 << 20, "64 MiB"),
            (1536 << 20, "1.5 GiB"),
            (499_998_720, "476.8 MiB"),
            ((1 << 30) - 1, "1023.9 MiB"),
            (4096, "4 KiB"),
            (0, "0 B"),
            (u64::MAX, "17179869183.9 GiB"),
        ] {
            let cause = KillCause::OutOfMemory(Some(limit));
            assert_eq!(killed(cause), format!("was killed by SIGKILL: out of memory (limit {shown})"));
        }
        let dumped = ExitReason::Explained(SignalNumber::QUIT, KillCause::CoreDumped);
        assert_eq!(dumped.to_string(), "was killed by SIGQUIT (core dumped)");
        assert!(dumped.is_clean_stop(|signal| signal == SignalNumber::QUIT));
        assert_eq!(dumped.status(), 131);
    }
}
