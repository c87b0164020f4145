//! The event loop: waits for events, hands them to the machine and executes its actions.
//!
//! Once something has been started, a failing system call is a notice and never a way out of the loop: a PID 1
//! that bails out takes its container with it.

mod execute;
mod finish;
mod start;

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use crate::exit::ExitReason;
use crate::output::OutputMux;
use crate::plan::{CheckId, TaskId};
use crate::signal::SignalNumber;
use crate::supervisor::launcher::Launcher;
use crate::supervisor::launcher::pending::Pending;
use crate::supervisor::machine::Machine;
use crate::supervisor::machine::event::{Children, Event, Wake};
use crate::supervisor::machine::readiness::ProbeResult;
use crate::supervisor::machine::tick::Tick;
use crate::supervisor::messages;
use crate::supervisor::notices::{Level, NoticeLog};
use crate::supervisor::oom::OomMonitor;
use crate::supervisor::orphans::OrphanTracker;
use crate::supervisor::parent_notify::ParentNotifier;
use crate::supervisor::probes::Probes;
use crate::supervisor::status_writer::StatusWriter;
use crate::sys::clock::Moment;
use crate::sys::memory;
use crate::sys::poll::{Interest, PollSet};
use crate::sys::process;
use crate::sys::signals::{Origin, Received, SignalFd};
use crate::sys::spawn::Grouping;
use crate::sys::terminal::SavedTerminal;
use crate::sys::wait::{self, Reaped};

pub use start::{CannotBegin, run};

/// The loop around the machine, with all that it waits for.
struct EventLoop<'a> {
    machine: Machine,
    launcher: Launcher<'a>,
    signals: SignalFd,
    notices: NoticeLog,
    status_writer: StatusWriter,
    /// What passes the processes' output on; `None` in raw mode.
    output: Option<Box<OutputMux>>,
    poll_set: PollSet,
    /// Whether the last wait ended with output to read or to write.
    has_moved_output: bool,
    began: Instant,
    settling: Settling,
    has_trimmed_heap: bool,
    orphans: OrphanTracker,
    probes: Probes,
    oom: OomMonitor,
    pending: Pending,
    parent: ParentNotifier,
    terminal: Option<SavedTerminal>,
    /// Why the start has taken too long.
    timed_out: String,
}

/// How long a run lasts before the first things are done that only a lasting run needs: the state for `--health`, the
/// counter of kills, memory given back. A run that ends at once is spared a tenth of its CPU.
const SETTLING: Duration = Duration::from_millis(2);

/// Whether a run has lasted for [`SETTLING`].
#[derive(Clone, Copy, Debug)]
enum Settling {
    NotBegun,
    Until(Instant),
    Over,
}

/// Whether the loop had time to wait, or only looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waited {
    Yes,
    No,
}

impl EventLoop<'_> {
    fn run(&mut self) -> u8 {
        let mut wake = Wake::default();
        loop {
            while let Some(action) = self.machine.next_action() {
                if let Some(status) = self.execute(action) {
                    self.finish_output();
                    return status;
                }
            }
            if self.machine.is_stopping() && !self.pending.is_empty() {
                self.pending.cancel();
            }
            wake.clear();
            let deadline = self.machine.deadline();
            let waited = self.wait(deadline, &mut wake);
            let completed = self.pending.take_ready(&self.poll_set);
            self.complete(completed);
            let is_due = deadline.is_some_and(|deadline| self.now() >= deadline);
            // A wake-up for output alone does not concern the run, and there may be thousands in a second.
            if is_due || !wake.signals.is_empty() || !self.has_moved_output {
                // Between two starts a death is seen by its signal: to look at each of a thousand children before
                // the next one is started would take longer than to start it.
                if waited == Waited::Yes || !wake.signals.is_empty() || !self.machine.is_running() {
                    reap_children(&mut wake);
                    self.recheck_tty_signals(&mut wake);
                }
                let completed = self.pending.settle(&mut wake.deaths);
                self.complete(completed);
                wake.deaths
                    .retain(|(pid, death)| !self.probes.takes(*pid, *death) && !self.launcher.takes(*pid));
                self.explain_kills(&mut wake);
                self.drain_output(&wake);
                self.look_for_group_leavers(&mut wake);
                self.handle(Event::Woke(&wake));
            }
            self.handle_readiness();
            self.handle_output();
        }
    }

    fn now(&self) -> Tick {
        Tick::after(self.began.elapsed())
    }

    fn handle(&mut self, event: Event<'_>) {
        self.machine.handle(self.now(), event);
    }

    /// Waits for a signal, this deadline, or that something can be read or written, whichever is first. Takes the
    /// signals, and reads and writes what can be.
    fn wait(&mut self, deadline: Option<Tick>, wake: &mut Wake) -> Waited {
        self.has_moved_output = false;
        let left = |due: Instant| due.saturating_duration_since(Instant::now());
        let mut timeout = deadline.map(|deadline| deadline.since(self.now()));
        let mut signals_only = !self.notices.has_backlog();
        if let Some(output) = &mut self.output {
            self.notices.pass_to(output, Moment::now());
            timeout = timeout.into_iter().chain(output.deadline().map(left)).min();
            signals_only = output.is_idle();
        }
        let deadlines = [self.parent.deadline(), self.probes.deadline()];
        timeout = timeout.into_iter().chain(deadlines.into_iter().flatten().map(left)).min();
        let waited = if timeout == Some(Duration::ZERO) { Waited::No } else { Waited::Yes };
        // Between two starts there is no time for these.
        if waited == Waited::Yes {
            self.launcher.forget_lookups();
            if let Some(left) = self.settle() {
                timeout = timeout.into_iter().chain([left]).min();
            }
        }
        signals_only &= self.probes.is_idle() && self.pending.is_empty();
        if timeout.is_none() && !self.has_trimmed_heap {
            // Not before the starts, which would only take it again.
            self.has_trimmed_heap = true;
            memory::trim_heap();
        }
        if timeout.is_none() && signals_only {
            self.wait_for_signals(wake);
        } else {
            self.poll(timeout, &mut wake.signals);
        }
        self.parent.answer_watchdog(Instant::now);
        self.notices.flush();
        waited
    }

    /// Waits in read(2), since nothing else can happen: one system call less for each wake-up. The death of an orphan
    /// changes nothing, and an init may adopt thousands: the wait goes on after it.
    fn wait_for_signals(&mut self, wake: &mut Wake) {
        loop {
            self.take_signals(&mut wake.signals);
            let is_death = matches!(wake.signals[..], [Received { signal: SignalNumber::CHLD, .. }]);
            if !is_death || !self.machine.is_at_rest() {
                return;
            }
            reap_children(wake);
            if !self.concerns_orphans_only(wake) {
                return;
            }
            wake.clear();
        }
    }

    /// Whether only orphans died, and their deaths are not reported.
    fn concerns_orphans_only(&self, wake: &Wake) -> bool {
        wake.children == Children::Left
            && !self.notices.wants(Level::Detail)
            && !wake.deaths.iter().any(|(pid, _)| {
                self.machine.is_watching(*pid)
                    || self.probes.is_watching(*pid)
                    || self.pending.is_watching(*pid)
                    || self.launcher.is_watching(*pid)
            })
    }

    /// Does what only a run needs that lasts. Returns how long that has to wait.
    fn settle(&mut self) -> Option<Duration> {
        match self.settling {
            Settling::NotBegun => {
                self.settling = Settling::Until(Instant::now() + SETTLING);
                return Some(SETTLING);
            }
            Settling::Until(due) => {
                let left = due.saturating_duration_since(Instant::now());
                if !left.is_zero() {
                    return Some(left);
                }
                self.settling = Settling::Over;
                self.oom.begin();
            }
            Settling::Over => {}
        }
        self.write_status();
        self.notify_status();
        None
    }

    fn write_status(&mut self) {
        if let Err(error) = self.status_writer.write_status(&self.machine, &self.launcher) {
            self.notices
                .write(Level::Warning, &format!("--health and --status will not find this run: {error}"));
        }
    }

    /// Tells the service manager what the run waits for.
    fn notify_status(&mut self) {
        if !self.parent.has_socket() || self.machine.is_stopping() {
            return;
        }
        let reasons = |id: CheckId| self.probes.reason(id).map(str::to_owned);
        let text = messages::unready::status(&self.launcher, &self.machine.unready(), &reasons);
        self.parent.notify_status(&text);
    }

    /// Polls once. Each part of the loop adds its descriptors and remembers their slots, and then looks at them.
    fn poll(&mut self, timeout: Option<Duration>, received: &mut Vec<Received>) {
        self.poll_set.clear();
        let signals = self.poll_set.watch(self.signals.as_fd(), Interest::Readable);
        self.notices.register(&mut self.poll_set);
        if let Some(output) = &mut self.output {
            output.register(&mut self.poll_set);
        }
        self.probes.register(&mut self.poll_set);
        self.pending.register(&mut self.poll_set);
        if let Err(error) = self.poll_set.wait(timeout) {
            // There is no memory for a poll; all that can be done is not to spin.
            self.notices.write(Level::Warning, &format!("cannot wait for signals: {error}"));
            std::thread::sleep(Duration::from_millis(100));
        }
        if self.poll_set.is_ready(signals) {
            self.take_signals(received);
        }
        if let Some(output) = &mut self.output {
            self.has_moved_output = output.act(&self.poll_set, Moment::now());
        }
        self.probes.act(&self.poll_set);
    }

    fn take_signals(&mut self, received: &mut Vec<Received>) {
        // EINTR is impossible: a signal that is not blocked has no handler. It would be one empty wake-up.
        let _ = self.signals.read(received);
        if let Some(output) = &self.output
            && received.iter().any(|received| received.signal == SignalNumber::WINCH)
        {
            // Before the signal is passed on, so that a process that then asks for the size gets the new one.
            output.resize();
        }
    }

    /// Reads the signals again after a death. A Ctrl-C that came after they were read may have killed the process that
    /// was found dead: both have to be handled together, or the process would seem to have ended by itself. Only the
    /// terminal is that quick.
    fn recheck_tty_signals(&mut self, wake: &mut Wake) {
        while self.launcher.grouping == Grouping::Shared && !wake.deaths.is_empty() {
            let before = wake.signals.len();
            self.poll_set.clear();
            let signals = self.poll_set.watch(self.signals.as_fd(), Interest::Readable);
            if self.poll_set.wait(Some(Duration::ZERO)).is_ok() && self.poll_set.is_ready(signals) {
                self.take_signals(&mut wake.signals);
            }
            let has_died = |received: &Received| received.signal == SignalNumber::CHLD;
            if !wake.signals[before..].iter().any(has_died) {
                return;
            }
            wake.children = Children::NotLookedAt;
            reap_children(wake);
        }
    }

    /// Finds the processes that have left monofy's process group: a signal of the terminal has not reached them.
    fn look_for_group_leavers(&self, wake: &mut Wake) {
        let is_from_terminal = |received: &Received| received.origin == Origin::Terminal;
        if self.launcher.grouping == Grouping::Shared && wake.signals.iter().any(is_from_terminal) {
            wake.outside_group
                .extend(self.machine.running_pids().filter(|pid| process::has_left_group(*pid)));
        }
    }

    /// Finds out why commands died of a SIGKILL that monofy did not send.
    fn explain_kills(&mut self, wake: &mut Wake) {
        for (pid, reason) in &mut wake.deaths {
            let is_kill = *reason == ExitReason::Killed(SignalNumber::KILL);
            if is_kill && self.machine.is_watching(*pid) && !self.machine.has_killed(*pid) {
                *reason = ExitReason::Explained(SignalNumber::KILL, self.oom.explain_kill());
            }
        }
    }

    /// Passes on what a process wrote, before its death is reported.
    fn drain_output(&mut self, wake: &Wake) {
        if let Some(output) = &mut self.output {
            let now = Moment::now();
            wake.deaths.iter().for_each(|(pid, _)| output.process_exited(*pid, now));
        }
    }

    /// Hands on the results of readiness probes, after the deaths and signals of the same wake-up.
    fn handle_readiness(&mut self) {
        for (id, result) in self.probes.take_results() {
            self.handle(Event::Probed(id, result));
        }
        let matched = self.output.as_mut().map(|output| output.take_matched()).unwrap_or_default();
        for id in matched {
            self.handle(Event::Probed(CheckId::ready(id), ProbeResult::Ready));
        }
    }

    /// Hands on what happened to the output, after the deaths and signals of the same wake-up.
    fn handle_output(&mut self) {
        let Some(output) = &mut self.output else { return };
        let gone = output.take_reader_gone();
        while let Some((stream, error)) = output.take_failure() {
            let text = format!("cannot write to {stream}, output is lost: {error}");
            self.notices.write(Level::Warning, &text);
        }
        for TaskId(index) in output.take_buffering(Moment::now()) {
            self.notices.write(Level::Info, &messages::buffering(&self.launcher, TaskId(index)));
        }
        if let Some(stream) = gone {
            self.handle(Event::ReaderGone(stream));
        }
    }
}

/// Reaps the children that have ended. They are looked at when SIGCHLD came, and when no signal came at all, so that
/// another signal is passed on without a look at them.
fn reap_children(wake: &mut Wake) {
    let before = wake.signals.len();
    wake.signals.retain(|received| received.signal != SignalNumber::CHLD);
    if wake.signals.len() == before && before > 0 {
        return;
    }
    while wake.children == Children::NotLookedAt {
        match wait::reap() {
            Reaped::Died(pid, death) => wake.deaths.push((pid, death)),
            Reaped::NoneYet => wake.children = Children::Left,
            Reaped::NoChildren => wake.children = Children::None,
        }
    }
}
