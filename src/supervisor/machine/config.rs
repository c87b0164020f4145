//! Settings of a whole run.

use std::time::Duration;

use crate::plan::Timeout;
use crate::signal::SignalSet;
use crate::sys::spawn::Grouping;

/// The time for a stop that monofy began itself, and for leftovers at a restart, unless `--grace` sets it.
pub(in crate::supervisor) const DEFAULT_GRACE: Duration = Duration::from_secs(10);

/// How long a stop as a whole may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grace {
    /// Unset: 10 s for a stop that monofy began itself. No limit for a stop that was asked for from outside: whoever
    /// asked enforces a limit of their own.
    ByCause,
    /// As `--grace` says.
    Fixed(Timeout),
}

/// The job-control context: which signals reach the processes without monofy.
#[derive(Clone, Copy, Debug)]
pub struct JobControl {
    /// Whether the processes share monofy's process group, which a terminal signals as a whole.
    pub grouping: Grouping,
    /// Whether monofy leads its session: the kernel then sends a hang-up to monofy alone.
    pub leads_session: bool,
}

/// Settings of a whole run.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// How long a stop may take.
    pub grace: Grace,
    /// How long it may take until every process is ready, counted from the beginning of the run.
    pub start_timeout: Option<Duration>,
    /// The job-control context.
    pub job_control: JobControl,
    /// Signals that monofy inherited as ignored. INT and QUIT among them begin no stop.
    pub ignored: SignalSet,
}
