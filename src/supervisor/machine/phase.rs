//! The phases of a run.

use crate::supervisor::machine::shutdown::Stop;

/// The phase of a run. Each is entered once at most, in this order; `Stopping` can follow each of the first three.
#[derive(Clone, Copy, Debug)]
pub(in crate::supervisor) enum Phase {
    /// The setup commands run, one after another; this one is next or running.
    Setup(usize),
    /// The programs of the processes are being looked up.
    LookingUp,
    /// The processes are started and run.
    Running,
    /// The run is ending.
    Stopping(Stop),
    /// The run is over.
    Finished,
}
