//! What holds for a whole run.

use crate::plan::Timeout;
use crate::sys::spawn::Grouping;

/// How long the stop as a whole may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grace {
    /// Not said: 10 s for a stop of our own, no limit where something outside asked, which enforces its own.
    ByCause,
    /// As the user says.
    Fixed(Timeout),
}

/// Where monofy sits: what reaches the processes without it.
#[derive(Clone, Copy, Debug)]
pub struct JobControl {
    /// Whether the processes share monofy's process group, which a terminal signals as a whole.
    pub grouping: Grouping,
    /// Whether monofy leads its session: a hang-up is then told to it alone.
    pub leads_session: bool,
}

/// What holds for the whole run.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// How long a stop may take.
    pub grace: Grace,
    /// Where monofy sits.
    pub seat: JobControl,
}
