//! The beginning of a run: finds what is wrong with a plan before anything is started.

use std::fmt;
use std::io;
use std::mem::ManuallyDrop;
use std::time::Instant;

use crate::output::{ColourChoice, OutputMux};
use crate::plan::{Output, Plan, Timeout};
use crate::supervisor::event_loop::{EventLoop, Settling};
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

/// Why a run cannot begin. Nothing has been started.
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
                "--ready-fd: monofy was started without descriptor {number}; the program that waits for it has to open it"
            ),
        }
    }
}

/// Executes a plan and returns the exit status.
///
/// # Errors
/// When the run cannot begin.
pub fn run(plan: &Plan, inherited: OriginalSignals) -> Result<u8, CannotBegin> {
    // Before anything of monofy's is opened that could get its number.
    let ready_fd = plan.settings.ready_fd;
    let parent =
        ParentNotifier::new(ready_fd).map_err(|_| CannotBegin::ReadyFd(ready_fd.unwrap_or_default()))?;
    let grouping = if terminal::stdin_is_terminal() { Grouping::Shared } else { Grouping::Own };
    let launcher = Launcher::new(&plan.setup, &plan.processes, grouping, inherited);
    let launcher = launcher.map_err(CannotBegin::Command)?;
    let signals = SignalFd::open().map_err(CannotBegin::NoSignals)?;
    let config = Config {
        grace: plan.settings.grace_ms.map_or(Grace::ByCause, Grace::Fixed),
        start_timeout: match plan.settings.start_timeout_ms {
            Some(Timeout::After(limit)) => Some(limit),
            Some(Timeout::Never) | None => None,
        },
        job_control: JobControl { grouping, leads_session: process::leads_session() },
        ignored: inherited.ignored(),
    };
    let (setup, processes) = launcher.tasks();
    let output = output_mux(plan, &launcher);
    // Never dropped, since the process is about to exit then.
    let mut event_loop = ManuallyDrop::new(EventLoop {
        machine: Machine::new(setup, processes, config),
        launcher,
        signals,
        notices: NoticeLog::new(plan.settings.verbosity, output.as_deref()),
        status_writer: StatusWriter::default(),
        output,
        poll_set: PollSet::default(),
        has_moved_output: false,
        began: Instant::now(),
        settling: Settling::NotBegun,
        has_trimmed_heap: false,
        orphans: OrphanTracker::default(),
        probes: Probes::default(),
        oom: OomMonitor::default(),
        pending: Pending::default(),
        parent,
        terminal: SavedTerminal::save(),
        timed_out: String::new(),
    });
    if !process::is_init()
        && let Err(error) = process::become_subreaper()
    {
        event_loop.notices.write(Level::Warning, &format!("orphans will not be adopted: {error}"));
    }
    Ok(event_loop.run())
}

/// What passes the processes' output on: nothing in raw mode, unless a readiness check looks for a line.
fn output_mux(plan: &Plan, launcher: &Launcher<'_>) -> Option<Box<OutputMux>> {
    if plan.settings.output == Output::Raw && !launcher.looks_for_a_line() {
        return None;
    }
    let colours = if terminal::refuses_colours() { ColourChoice::Never } else { ColourChoice::Auto };
    Some(Box::new(OutputMux::new(plan.settings.output, launcher.names(), colours)))
}
