//! How a run begins: all that can be found wrong with a plan before anything is started.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::time::Instant;

use crate::output::{ColourChoice, OutputMux};
use crate::plan::{Output, Plan};
use crate::supervisor::event_loop::Driver;
use crate::supervisor::launcher::pending::Pending;
use crate::supervisor::launcher::{CannotStart, Launcher};
use crate::supervisor::machine::Machine;
use crate::supervisor::machine::config::{Config, Grace, JobControl};
use crate::supervisor::notices::{Level, NoticeLog};
use crate::supervisor::oom::OomMonitor;
use crate::supervisor::orphans::OrphanTracker;
use crate::supervisor::parent_notify::ParentNotifier;
use crate::supervisor::probes::Probes;
use crate::supervisor::status_writer::StatusWriter;
use crate::sys::poll::PollSet;
use crate::sys::process;
use crate::sys::signals::{OriginalSignals, SignalFd};
use crate::sys::spawn::Grouping;
use crate::sys::terminal::{self, SavedTerminal};

/// Why a run could not begin. Nothing has been started.
#[derive(Debug)]
pub enum CannotBegin {
    /// A command can never be started.
    Command(CannotStart),
    /// There is no descriptor to read signals from.
    NoSignals(io::Error),
    /// The descriptor of `--ready-fd` is not open.
    ReadyFd(i32),
}

impl fmt::Display for CannotBegin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(error) => error.fmt(f),
            Self::NoSignals(error) => write!(f, "cannot receive signals: {error}"),
            Self::ReadyFd(number) => write!(
                f,
                "--ready-fd: monofy was started without a descriptor {number}; who waits for it has to open it"
            ),
        }
    }
}

/// Executes a plan and returns the exit status.
///
/// # Errors
/// When the run cannot begin.
pub fn run(plan: &Plan, inherited: OriginalSignals) -> Result<u8, CannotBegin> {
    // Before anything of ours is opened that could have its number.
    let ready_fd = plan.settings.ready_fd;
    let upward =
        ParentNotifier::new(ready_fd).map_err(|_| CannotBegin::ReadyFd(ready_fd.unwrap_or_default()))?;
    let grouping = if terminal::stdin_is_terminal() { Grouping::Shared } else { Grouping::Own };
    let launcher = Launcher::new(plan, grouping, inherited).map_err(CannotBegin::Command)?;
    let signals = SignalFd::open().map_err(CannotBegin::NoSignals)?;
    let rules = Config {
        grace: plan.settings.grace_ms.map_or(Grace::ByCause, Grace::Fixed),
        seat: JobControl { grouping, leads_session: process::leads_session() },
    };
    let (setup, processes) = launcher.tasks();
    let outlets = outlets(plan, &launcher);
    let mut driver = Driver {
        machine: Machine::new(setup, processes, rules),
        launcher,
        signals,
        teller: NoticeLog::new(plan.settings.verbosity, outlets.as_deref()),
        publisher: StatusWriter::default(),
        outlets,
        polled: PollSet::default(),
        has_moved_output: false,
        began: Instant::now(),
        actions: VecDeque::new(),
        answer: Vec::new(),
        has_given_back: false,
        remains: OrphanTracker::default(),
        probes: Probes::default(),
        oom: OomMonitor::default(),
        pending: Pending::default(),
        upward,
        terminal: SavedTerminal::save(),
    };
    if !process::is_init()
        && let Err(error) = process::become_subreaper()
    {
        driver.teller.tell(Level::Warning, &format!("orphans will not be adopted: {error}"));
    }
    Ok(driver.run())
}

/// Who stands between the processes and our stdout and stderr: in raw mode nobody, unless a line is looked for.
fn outlets(plan: &Plan, launcher: &Launcher<'_>) -> Option<Box<OutputMux>> {
    if plan.settings.output == Output::Raw && !launcher.looks_for_a_line() {
        return None;
    }
    let colours = if terminal::refuses_colours() { ColourChoice::Never } else { ColourChoice::Auto };
    Some(Box::new(OutputMux::new(plan.settings.output, launcher.names(), colours)))
}
