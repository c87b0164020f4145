//! The one loop: waits, feeds the machine, carries out what it says.
//!
//! Once something has been started, a failing system call is a notice and never a way out of the loop: a PID 1
//! that bails out takes its container with it.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::libc;

use super::action::{Action, Announcement};
use super::event::{Children, Event, Tick, Wake};
use super::launch::{CannotStart, Failure, Launcher, What};
use super::machine::Machine;
use super::notice::Notice;
use super::probes::Probes;
use super::publish::Publisher;
use super::readiness::Answer;
use super::remains::{self, Remains};
use super::rules::{Grace, Rules, Seat};
use super::task::TaskId;
use super::teller::{Level, Teller};
use super::upward::Upward;
use super::wording;
use crate::output::{Outlets, Speaker};
use crate::plan::{Output, Plan};
use crate::signal::SignalNumber;
use crate::sys::descendants::{self, Descendant};
use crate::sys::poll::{Interest, PollSet};
use crate::sys::process::{self, Pid};
use crate::sys::signals::{self, Inherited, Received, SignalQueue};
use crate::sys::spawn::{Grouping, Started};
use crate::sys::wait::{self, Reaped};
use crate::sys::{memory, terminal};

/// How long, after the last process, the reader of its output may take where no deadline of the stop says so.
const READER_WITHOUT_LIMIT: Duration = Duration::from_secs(10);
/// How long it may take at least: one who reads gets everything even if the processes took all the time there was.
const READER_AT_LEAST: Duration = Duration::from_millis(250);

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
pub fn run(plan: &Plan, inherited: Inherited) -> Result<u8, CannotBegin> {
    // Before anything of ours is opened that could have its number.
    let ready_fd = plan.settings.ready_fd;
    let upward = Upward::new(ready_fd).map_err(|_| CannotBegin::ReadyFd(ready_fd.unwrap_or_default()))?;
    let grouping = if terminal::stdin_is_terminal() { Grouping::Shared } else { Grouping::Own };
    let launcher = Launcher::new(plan, grouping, inherited).map_err(CannotBegin::Command)?;
    let signals = SignalQueue::open().map_err(CannotBegin::NoSignals)?;
    let rules = Rules {
        grace: plan.settings.grace_ms.map_or(Grace::ByCause, Grace::Fixed),
        seat: Seat { grouping, leads_session: process::leads_session() },
    };
    let (setup, processes) = launcher.tasks();
    let outlets = outlets(plan, &launcher);
    let mut driver = Driver {
        machine: Machine::new(setup, processes, rules),
        launcher,
        signals,
        teller: Teller::new(plan.settings.verbosity, outlets.as_deref()),
        publisher: Publisher::default(),
        outlets,
        polled: PollSet::default(),
        has_moved_output: false,
        began: Instant::now(),
        actions: VecDeque::new(),
        answer: Vec::new(),
        has_given_back: false,
        remains: Remains::default(),
        probes: Probes::default(),
        upward,
    };
    if !process::is_init()
        && let Err(error) = process::become_subreaper()
    {
        driver.teller.tell(Level::Warning, &format!("orphans will not be adopted: {error}"));
    }
    Ok(driver.run())
}

/// Who stands between the processes and our stdout and stderr: in raw mode nobody, unless a line is looked for.
fn outlets(plan: &Plan, launcher: &Launcher<'_>) -> Option<Box<Outlets>> {
    if plan.settings.output == Output::Raw && !launcher.looks_for_a_line() {
        return None;
    }
    let is_refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    Some(Box::new(Outlets::new(plan.settings.output, launcher.names(), !is_refused)))
}

struct Driver<'a> {
    machine: Machine,
    launcher: Launcher<'a>,
    signals: SignalQueue,
    teller: Teller,
    publisher: Publisher,
    outlets: Option<Box<Outlets>>,
    polled: PollSet,
    /// Whether the last wait ended with something to read or to write.
    has_moved_output: bool,
    began: Instant,
    actions: VecDeque<Action>,
    /// What the machine said last, kept for its memory.
    answer: Vec<Action>,
    has_given_back: bool,
    remains: Remains,
    probes: Probes,
    upward: Upward,
}

impl Driver<'_> {
    fn run(&mut self) -> u8 {
        let mut wake = Wake::default();
        loop {
            while let Some(action) = self.actions.pop_front() {
                if let Some(status) = self.carry_out(action) {
                    self.finish_output();
                    return status;
                }
            }
            wake.clear();
            let deadline = self.machine.deadline();
            let has_waited = self.wait(deadline, &mut wake);
            let is_due = deadline.is_some_and(|deadline| self.now() >= deadline);
            // A wake-up for output alone has nothing to do with the run, and there may be thousands in a second.
            if is_due || !wake.signals.is_empty() || !self.has_moved_output {
                // Between two starts a death is seen by its signal: to look at each of a thousand children before
                // the next one is started would take longer than to start it.
                if has_waited || !wake.signals.is_empty() || !self.machine.is_running() {
                    look_around(&mut wake);
                    self.look_for_what_killed(&mut wake);
                }
                wake.deaths.retain(|(pid, death)| !self.probes.takes(*pid, *death));
                self.read_last_words(&wake);
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
        let mut timeout = deadline.map(|deadline| deadline.since(self.now()));
        let mut is_alone = !self.teller.has_backlog();
        if let Some(outlets) = &mut self.outlets {
            self.teller.pass_to(outlets);
            let due = outlets.deadline().map(|due| due.saturating_duration_since(Instant::now()));
            timeout = timeout.into_iter().chain(due).min();
            is_alone = outlets.is_idle();
        }
        // Between two starts nobody has time to look.
        let has_time = timeout != Some(Duration::ZERO);
        if has_time {
            self.launcher.forget_programs();
            self.publish();
        }
        is_alone &= self.probes.is_idle();
        if timeout.is_none() && !self.has_given_back {
            // Not before the starts, which would only take it again.
            self.has_given_back = true;
            memory::give_back();
        }
        if timeout.is_none() && is_alone {
            self.wait_for_signals(wake);
        } else {
            self.poll(timeout, &mut wake.signals);
        }
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
            look_around(wake);
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
            && !wake
                .deaths
                .iter()
                .any(|(pid, _)| self.machine.is_watching(*pid) || self.probes.is_watching(*pid))
    }

    fn publish(&mut self) {
        if let Err(error) = self.publisher.publish(&self.machine, &self.launcher) {
            self.teller
                .tell(Level::Detail, &format!("--health and --status will not know of this run: {error}"));
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
            self.has_moved_output = outlets.act(&self.polled);
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
    fn look_for_what_killed(&mut self, wake: &mut Wake) {
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
            look_around(wake);
        }
    }

    /// What a process wrote comes before what is said of its death.
    fn read_last_words(&mut self, wake: &Wake) {
        if let Some(outlets) = &mut self.outlets {
            wake.deaths.iter().for_each(|(pid, _)| outlets.died(*pid));
        }
    }

    /// Who has turned out to be ready or not, after the deaths and signals of the same wake-up.
    fn tell_of_readiness(&mut self) {
        for (id, answer) in self.probes.take_answers() {
            self.tell_machine(Event::Checked(id, answer));
        }
        let matched = self.outlets.as_mut().map(|outlets| outlets.take_matched()).unwrap_or_default();
        for Speaker(index) in matched {
            self.tell_machine(Event::Checked(TaskId(index), Answer::Ready));
        }
    }

    /// What happened to the output, after the deaths and signals of the same wake-up.
    fn tell_of_output(&mut self) {
        let Some(outlets) = &mut self.outlets else { return };
        let gone = outlets.take_reader_gone();
        while let Some((stream, error)) = outlets.take_failure() {
            self.teller.tell(Level::Warning, &format!("cannot write to {stream}, output is lost: {error}"));
        }
        for Speaker(index) in outlets.take_silent() {
            self.teller.tell(Level::Info, &wording::silent(&self.launcher, TaskId(index)));
        }
        if let Some(stream) = gone {
            self.tell_machine(Event::ReaderGone(stream));
        }
    }

    /// The run is over: passes on what the processes have written, as long as its reader has time.
    fn finish_output(&mut self) {
        let Some(outlets) = &mut self.outlets else { return };
        outlets.end();
        let now = self.now();
        let limit = match self.machine.limit() {
            Some(limit) => limit.max(now.plus(READER_AT_LEAST)),
            None => now.plus(READER_WITHOUT_LIMIT),
        };
        let mut wake = Wake::default();
        while self.has_output() && self.now() < limit && !self.machine.is_interrupted_twice() {
            wake.clear();
            self.wait(Some(limit), &mut wake);
            wake.signals.retain(|received| received.signal != SignalNumber::CHLD);
            self.tell_machine(Event::Woke(&wake));
            while let Some(action) = self.actions.pop_front() {
                self.carry_out(action);
            }
        }
        self.tell_of_loss();
    }

    fn has_output(&mut self) -> bool {
        let Some(outlets) = &mut self.outlets else { return false };
        self.teller.pass_to(outlets);
        !outlets.is_idle() || self.teller.has_backlog()
    }

    fn tell_of_loss(&mut self) {
        let Some(outlets) = &mut self.outlets else { return };
        for stream in outlets.give_up() {
            self.teller.tell(Level::Warning, &format!("output is lost: nobody read {stream} in time"));
        }
        self.teller.pass_to(outlets);
    }

    /// Does one thing. Returns the status when that was the last.
    fn carry_out(&mut self, action: Action) -> Option<u8> {
        match action {
            Action::Spawn(id) => {
                let event = self.start(id);
                self.tell_machine(event);
            }
            Action::LookUpPrograms => {
                let result = self.look_up_programs();
                self.tell_machine(Event::ProgramsLookedUp(result));
            }
            Action::Ask(id) => {
                if let Some(answer) = self.probes.ask(id, &self.launcher) {
                    self.tell_machine(Event::Checked(id, answer));
                }
            }
            Action::GiveUpAsking(id) => self.probes.give_up_asking(id),
            Action::EndCheck(id) => {
                self.probes.end(id);
                if let Some(outlets) = &mut self.outlets {
                    outlets.stop_looking(Speaker(id.0));
                }
            }
            Action::Announce(what) => self.announce(what),
            Action::AskLeftBehind(id, leader) => {
                let left = self.remains.take_group_take_to_ask(leader);
                self.ask_remains(&Notice::AskedLeftBehind(id), &left);
            }
            Action::KillLeftBehind(leader) => self.remains.kill_group(leader),
            Action::Send(pid, signal) => self.send(pid, signal),
            Action::KillTree(pid) => self.kill_tree(pid),
            Action::AskDescendants => self.ask_descendants(),
            Action::KillDescendants { sparing } => remains::kill_all_but(&sparing),
            Action::StopSelf(signal) => signals::stop_self(signal),
            Action::Tell(notice) => self.tell(&notice),
            Action::Finish(status) => return Some(status),
        }
        None
    }

    fn start(&mut self, id: TaskId) -> Event<'static> {
        match self.try_to_start(id) {
            Ok(Started { pid, missed }) => {
                if let Some(outlets) = &mut self.outlets {
                    outlets.started(Speaker(id.0), pid);
                }
                self.probes.started(id, pid, &self.launcher);
                Event::Spawned(id, pid, missed)
            }
            Err(failure) => {
                self.probes.end(id);
                let text = format!("{} cannot be started: {failure}", wording::command(&self.launcher, id));
                self.teller.tell(Level::Warning, &text);
                Event::SpawnFailed(id, failure.exit_status())
            }
        }
    }

    fn try_to_start(&mut self, id: TaskId) -> Result<Started, Failure> {
        let outfit = self.launcher.ready(id).map(|ready| self.probes.prepare(id, ready)).transpose();
        let outfit = outfit.map_err(Failure::Check)?.unwrap_or_default();
        self.launcher.start(id, self.outlets.as_deref_mut(), &outfit)
    }

    fn look_up_programs(&mut self) -> Result<(), u8> {
        let missing = self.launcher.missing();
        for (id, what, missing) in &missing {
            let command = wording::command(&self.launcher, *id);
            let text = match what {
                What::Program => format!("{command} cannot be started: {missing}"),
                What::Check => format!("{command} cannot be asked whether it is ready: exec: {missing}"),
            };
            self.teller.tell(Level::Warning, &text);
        }
        missing.first().map_or(Ok(()), |(_, _, missing)| Err(missing.exit_status()))
    }

    fn announce(&mut self, what: Announcement) {
        if let Err(error) = self.upward.announce(what) {
            let what = match what {
                Announcement::Ready => "everything is ready",
                Announcement::Stopping => "it is stopping",
            };
            let text = format!("cannot tell who has started monofy that {what}: {error}");
            self.teller.tell(Level::Warning, &text);
        }
    }

    /// To a child that was not reaped, so ESRCH cannot be; EPERM can, for a child that changed its user.
    fn send(&mut self, pid: Pid, signal: SignalNumber) {
        if let Err(error) = process::send(pid, signal) {
            self.teller.tell(Level::Warning, &format!("cannot send {signal} to pid {pid}: {error}"));
        }
    }

    fn kill_tree(&mut self, root: Pid) {
        // Looked at before the kill, since what is below becomes ours with it.
        let below = descendants::living_below(root, &[]).unwrap_or_default();
        self.send(root, SignalNumber::KILL);
        remains::kill(&below);
    }

    fn ask_descendants(&mut self) {
        let left = self.remains.take_to_ask();
        self.ask_remains(&Notice::AskedDescendants, &left);
    }

    fn ask_remains(&mut self, notice: &Notice, left: &[Descendant]) {
        if !left.is_empty() {
            self.tell_about(notice, left);
            remains::ask(left);
        }
    }

    fn tell(&mut self, notice: &Notice) {
        let left = if notice.is_about_descendants() { descendants::living(&[]) } else { None };
        self.tell_about(notice, &left.unwrap_or_default());
    }

    fn tell_about(&mut self, notice: &Notice, left: &[Descendant]) {
        let level = wording::level(notice);
        if let Notice::Finished(..) = notice {
            self.teller.tell_last(level, &wording::words(notice, &self.launcher, left));
        } else if self.teller.wants(level) {
            self.teller.tell(level, &wording::words(notice, &self.launcher, left));
        }
    }
}

/// Completes what one wake-up saw. The children are looked at when one may have ended, and when there is nothing else
/// to see, so that a signal is passed on without a look at them.
fn look_around(wake: &mut Wake) {
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
