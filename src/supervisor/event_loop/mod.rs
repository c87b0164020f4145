//! The one loop: waits, feeds the machine, carries out what it says.
//!
//! Once something has been started, a failing system call is a notice and never a way out of the loop: a PID 1
//! that bails out takes its container with it.

mod execute;
mod finish;
mod start;

use std::collections::VecDeque;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::libc;

use crate::exit::ExitReason;
use crate::output::OutputMux;
use crate::plan::TaskId;
use crate::signal::SignalNumber;
use crate::supervisor::launcher::Launcher;
use crate::supervisor::launcher::pending::Pending;
use crate::supervisor::machine::Machine;
use crate::supervisor::machine::action::Action;
use crate::supervisor::machine::event::{Children, Event, Tick, Wake};
use crate::supervisor::machine::readiness::ProbeResult;
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
use crate::sys::signals::{Received, SignalFd};
use crate::sys::spawn::Grouping;
use crate::sys::terminal::SavedTerminal;
use crate::sys::wait::{self, Reaped};

pub use start::{CannotBegin, run};

struct Driver<'a> {
    machine: Machine,
    launcher: Launcher<'a>,
    signals: SignalFd,
    teller: NoticeLog,
    publisher: StatusWriter,
    outlets: Option<Box<OutputMux>>,
    polled: PollSet,
    /// Whether the last wait ended with something to read or to write.
    has_moved_output: bool,
    began: Instant,
    actions: VecDeque<Action>,
    /// What the machine said last, kept for its memory.
    answer: Vec<Action>,
    has_given_back: bool,
    remains: OrphanTracker,
    probes: Probes,
    oom: OomMonitor,
    pending: Pending,
    upward: ParentNotifier,
    terminal: Option<SavedTerminal>,
}

impl Driver<'_> {
    fn run(&mut self) -> u8 {
        let mut wake = Wake::default();
        loop {
            while let Some(action) = self.actions.pop_front() {
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
            let has_waited = self.wait(deadline, &mut wake);
            let completed = self.pending.take_ready(&self.polled);
            self.complete(completed);
            let is_due = deadline.is_some_and(|deadline| self.now() >= deadline);
            // A wake-up for output alone has nothing to do with the run, and there may be thousands in a second.
            if is_due || !wake.signals.is_empty() || !self.has_moved_output {
                // Between two starts a death is seen by its signal: to look at each of a thousand children before
                // the next one is started would take longer than to start it.
                if has_waited || !wake.signals.is_empty() || !self.machine.is_running() {
                    reap_children(&mut wake);
                    self.recheck_tty_signals(&mut wake);
                }
                let completed = self.pending.settle(&mut wake.deaths);
                self.complete(completed);
                wake.deaths
                    .retain(|(pid, death)| !self.probes.takes(*pid, *death) && !self.launcher.takes(*pid));
                self.explain_kills(&mut wake);
                self.drain_output(&wake);
                self.tell_machine(Event::Woke(&wake));
            }
            self.tell_of_readiness();
            self.tell_of_output();
        }
    }

    fn now(&self) -> Tick {
        Tick::after(self.began.elapsed())
    }

    fn tell_machine(&mut self, event: Event<'_>) {
        self.machine.handle(self.now(), event, &mut self.answer);
        self.actions.extend(self.answer.drain(..));
    }

    /// Waits for a signal, this deadline, or that something can be read or written, whichever is first. Takes the
    /// signals, and reads and writes what can be. Returns whether there was time to wait.
    fn wait(&mut self, deadline: Option<Tick>, wake: &mut Wake) -> bool {
        self.has_moved_output = false;
        let left = |due: Instant| due.saturating_duration_since(Instant::now());
        let mut timeout = deadline.map(|deadline| deadline.since(self.now()));
        let mut is_alone = !self.teller.has_backlog();
        if let Some(outlets) = &mut self.outlets {
            self.teller.pass_to(outlets, Moment::now());
            timeout = timeout.into_iter().chain(outlets.deadline().map(left)).min();
            is_alone = outlets.is_idle();
        }
        timeout = timeout.into_iter().chain(self.upward.deadline().map(left)).min();
        // Between two starts nobody has time to look.
        let has_time = timeout != Some(Duration::ZERO);
        if has_time {
            self.launcher.forget_lookups();
            self.oom.begin();
            self.write_status();
        }
        is_alone &= self.probes.is_idle() && self.pending.is_empty();
        if timeout.is_none() && !self.has_given_back {
            // Not before the starts, which would only take it again.
            self.has_given_back = true;
            memory::trim_heap();
        }
        if timeout.is_none() && is_alone {
            self.wait_for_signals(wake);
        } else {
            self.poll(timeout, &mut wake.signals);
        }
        self.upward.answer_watchdog(Instant::now);
        self.teller.flush();
        has_time
    }

    /// Nothing else can happen, so the read itself may wait: one system call less for each wake-up. An init that
    /// adopts thousands has nothing to think about when one of them has died: it goes on waiting.
    fn wait_for_signals(&mut self, wake: &mut Wake) {
        loop {
            self.take_signals(&mut wake.signals);
            let is_death = matches!(wake.signals[..], [Received { signal: SignalNumber::CHLD, .. }]);
            if !is_death || !self.machine.is_at_rest() {
                return;
            }
            reap_children(wake);
            if !self.is_about_orphans_alone(wake) {
                return;
            }
            wake.clear();
        }
    }

    /// Whether nobody died but orphans, of which nobody wants to hear.
    fn is_about_orphans_alone(&self, wake: &Wake) -> bool {
        wake.children == Children::Left
            && !self.teller.wants(Level::Detail)
            && !wake.deaths.iter().any(|(pid, _)| {
                self.machine.is_watching(*pid)
                    || self.probes.is_watching(*pid)
                    || self.pending.is_watching(*pid)
                    || self.launcher.is_watching(*pid)
            })
    }

    fn write_status(&mut self) {
        if let Err(error) = self.publisher.write_status(&self.machine, &self.launcher) {
            self.teller
                .tell(Level::Warning, &format!("--health and --status will not find this run: {error}"));
        }
    }

    /// Each part adds its descriptors and remembers where they stand; then each looks what became of them.
    fn poll(&mut self, timeout: Option<Duration>, received: &mut Vec<Received>) {
        self.polled.clear();
        let signals = self.polled.watch(self.signals.as_fd(), Interest::Readable);
        self.teller.register(&mut self.polled);
        if let Some(outlets) = &mut self.outlets {
            outlets.register(&mut self.polled);
        }
        self.probes.register(&mut self.polled);
        self.pending.register(&mut self.polled);
        match self.polled.wait(timeout) {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(libc::EINTR) => {}
            Err(error) => {
                // Without memory for a poll: not to spin is all that can be done.
                self.teller.tell(Level::Warning, &format!("cannot wait for signals: {error}"));
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        if self.polled.is_ready(signals) {
            self.take_signals(received);
        }
        if let Some(outlets) = &mut self.outlets {
            self.has_moved_output = outlets.act(&self.polled, Moment::now());
        }
        self.probes.act(&self.polled);
    }

    fn take_signals(&mut self, received: &mut Vec<Received>) {
        // EINTR cannot be: what is not blocked has no handler. It would be one empty wake-up.
        let _ = self.signals.read(received);
        if let Some(outlets) = &self.outlets
            && received.iter().any(|received| received.signal == SignalNumber::WINCH)
        {
            // Before it is passed on, so that who asks for the size gets the new one.
            outlets.resize();
        }
    }

    /// A Ctrl-C that came after the signals were read may have killed whom the look at the children found dead: it has
    /// to be seen with them, or it would seem that they have ended by themselves. Only the terminal is that quick.
    fn recheck_tty_signals(&mut self, wake: &mut Wake) {
        while self.launcher.grouping == Grouping::Shared && !wake.deaths.is_empty() {
            let before = wake.signals.len();
            self.polled.clear();
            let signals = self.polled.watch(self.signals.as_fd(), Interest::Readable);
            if self.polled.wait(Some(Duration::ZERO)).is_ok() && self.polled.is_ready(signals) {
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

    /// Finds out why commands died of a SIGKILL that monofy did not send.
    fn explain_kills(&mut self, wake: &mut Wake) {
        for (pid, reason) in &mut wake.deaths {
            let is_kill = *reason == ExitReason::Killed(SignalNumber::KILL);
            if is_kill && self.machine.is_watching(*pid) && !self.machine.has_killed(*pid) {
                *reason = ExitReason::Explained(SignalNumber::KILL, self.oom.explain_kill());
            }
        }
    }

    /// What a process wrote comes before what is said of its death.
    fn drain_output(&mut self, wake: &Wake) {
        if let Some(outlets) = &mut self.outlets {
            let now = Moment::now();
            wake.deaths.iter().for_each(|(pid, _)| outlets.process_exited(*pid, now));
        }
    }

    /// Who has turned out to be ready or not, after the deaths and signals of the same wake-up.
    fn tell_of_readiness(&mut self) {
        for (id, answer) in self.probes.take_results() {
            self.tell_machine(Event::Checked(id, answer));
        }
        let matched = self.outlets.as_mut().map(|outlets| outlets.take_matched()).unwrap_or_default();
        for TaskId(index) in matched {
            self.tell_machine(Event::Checked(TaskId(index), ProbeResult::Ready));
        }
    }

    /// What happened to the output, after the deaths and signals of the same wake-up.
    fn tell_of_output(&mut self) {
        let Some(outlets) = &mut self.outlets else { return };
        let gone = outlets.take_reader_gone();
        while let Some((stream, error)) = outlets.take_failure() {
            self.teller.tell(Level::Warning, &format!("cannot write to {stream}, output is lost: {error}"));
        }
        for TaskId(index) in outlets.take_buffering(Moment::now()) {
            self.teller.tell(Level::Info, &messages::silent(&self.launcher, TaskId(index)));
        }
        if let Some(stream) = gone {
            self.tell_machine(Event::ReaderGone(stream));
        }
    }
}

/// Completes what one wake-up saw. The children are looked at when one may have ended, and when there is nothing else
/// to see, so that a signal is passed on without a look at them.
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
