//! A machine on the bench: events in by hand, actions out.

use std::time::Duration;

use monofy::exit::ExitReason;
use monofy::plan::Timeout;
use monofy::signal::{SignalNumber, SignalSet};
use monofy::supervisor::{
    Action, Announcement, Children, Config, Event, Grace, JobControl, Machine, Notice, Task, TaskId, Tick,
    Wake,
};
use monofy::sys::process::Pid;
use monofy::sys::signals::{Origin, Received};
use monofy::sys::spawn::Grouping;

pub(crate) const TERM: SignalNumber = SignalNumber::TERM;
pub(crate) const INT: SignalNumber = SignalNumber::INT;
pub(crate) const QUIT: SignalNumber = SignalNumber::QUIT;
pub(crate) const HUP: SignalNumber = SignalNumber::HUP;
pub(crate) const CONT: SignalNumber = SignalNumber::CONT;
pub(crate) const KILL: SignalNumber = SignalNumber::KILL;
pub(crate) const TSTP: SignalNumber = SignalNumber::TSTP;

pub(crate) fn ms(milliseconds: u64) -> Tick {
    Tick::after(Duration::from_millis(milliseconds))
}

pub(crate) fn limit(milliseconds: u64) -> Timeout {
    Timeout::After(Duration::from_millis(milliseconds))
}

pub(crate) fn sent(signal: SignalNumber) -> Received {
    Received { signal, origin: Origin::Process }
}

pub(crate) fn typed(signal: SignalNumber) -> Received {
    Received { signal, origin: Origin::Terminal }
}

pub(crate) fn task() -> Task {
    Task::new(None, None)
}

/// The pid of the n-th command of the line, in these tests.
pub(crate) fn pid(index: usize) -> Pid {
    Pid::new(100 + i32::try_from(index).unwrap())
}

/// A machine, the time, and what it said to do since that was last asked.
#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) machine: Machine,
    now: Tick,
    actions: Vec<Action>,
}

impl Bench {
    pub(crate) fn new(setup: Vec<Task>, processes: Vec<Task>, grace: Grace, grouping: Grouping) -> Self {
        Self::with_start_timeout(setup, processes, grace, grouping, None)
    }

    /// A run whose start may take this long.
    pub(crate) fn with_start_timeout(
        setup: Vec<Task>,
        processes: Vec<Task>,
        grace: Grace,
        grouping: Grouping,
        start_timeout: Option<Duration>,
    ) -> Self {
        let config = Config {
            grace,
            start_timeout,
            job_control: JobControl { grouping, leads_session: false },
            ignored: SignalSet::EMPTY,
        };
        Self { machine: Machine::new(setup, processes, config), now: Tick::ZERO, actions: Vec::new() }
    }

    /// The same machine, had monofy inherited these signals as ignored.
    pub(crate) fn ignore(&mut self, signals: &[SignalNumber]) {
        let config = Config {
            grace: Grace::ByCause,
            start_timeout: None,
            job_control: JobControl { grouping: Grouping::Own, leads_session: false },
            ignored: signals.iter().copied().collect(),
        };
        self.machine = Machine::new(Vec::new(), vec![task()], config);
        self.pass().handle(Event::ProgramsLookedUp(Ok(()))).pass().spawned(0).pass().take();
    }

    /// So many processes, all started.
    pub(crate) fn running(processes: Vec<Task>, grace: Grace) -> Self {
        Self::running_in(processes, grace, Grouping::Own)
    }

    pub(crate) fn running_in(processes: Vec<Task>, grace: Grace, grouping: Grouping) -> Self {
        let count = processes.len();
        let mut bench = Self::new(Vec::new(), processes, grace, grouping);
        bench.pass();
        bench.handle(Event::ProgramsLookedUp(Ok(())));
        for index in 0..count {
            bench.pass();
            bench.spawned(index);
        }
        bench.pass();
        bench.take();
        bench
    }

    pub(crate) fn handle(&mut self, event: Event<'_>) -> &mut Self {
        self.machine.handle(self.now, event);
        self.actions.extend(std::iter::from_fn(|| self.machine.next_action()));
        self
    }

    pub(crate) fn spawned(&mut self, index: usize) -> &mut Self {
        self.spawned_after(index, &[])
    }

    /// Started while these signals were waiting.
    pub(crate) fn spawned_after(&mut self, index: usize, signals: &[SignalNumber]) -> &mut Self {
        self.handle(Event::Spawned(TaskId(index), pid(index), signals.iter().copied().collect()))
    }

    pub(crate) fn woke(
        &mut self,
        deaths: &[(usize, ExitReason)],
        signals: &[Received],
        children: Children,
    ) -> &mut Self {
        let deaths = deaths.iter().map(|(index, death)| (pid(*index), *death)).collect();
        self.handle(Event::Woke(&Wake {
            deaths,
            signals: signals.to_vec(),
            outside_group: Vec::new(),
            children,
        }))
    }

    pub(crate) fn died(&mut self, index: usize, death: ExitReason) -> &mut Self {
        self.woke(&[(index, death)], &[], Children::Left)
    }

    pub(crate) fn last_died(&mut self, index: usize, death: ExitReason) -> &mut Self {
        self.woke(&[(index, death)], &[], Children::None)
    }

    pub(crate) fn got(&mut self, signal: Received) -> &mut Self {
        self.woke(&[], &[signal], Children::NotLookedAt)
    }

    /// An empty wake-up: time has passed.
    pub(crate) fn pass(&mut self) -> &mut Self {
        self.woke(&[], &[], Children::Left)
    }

    pub(crate) fn at(&mut self, milliseconds: u64) -> &mut Self {
        self.now = ms(milliseconds);
        self
    }

    /// What was to be done, but for what is said to the user and upward.
    pub(crate) fn take(&mut self) -> Vec<Action> {
        let actions = std::mem::take(&mut self.actions);
        let is_done = |action: &Action| !matches!(action, Action::Report(_) | Action::Announce(_));
        actions.into_iter().filter(is_done).collect()
    }

    /// What was said upward since actions were last taken.
    pub(crate) fn announced(&self) -> Vec<Announcement> {
        let said = |action: &Action| if let Action::Announce(what) = action { Some(*what) } else { None };
        self.actions.iter().filter_map(said).collect()
    }

    pub(crate) fn notices(&self) -> Vec<Notice> {
        let notice =
            |action: &Action| if let Action::Report(notice) = action { Some(notice.clone()) } else { None };
        self.actions.iter().filter_map(notice).collect()
    }

    pub(crate) fn status(&mut self) -> Option<u8> {
        self.take()
            .into_iter()
            .find_map(|action| if let Action::Finish(status) = action { Some(status) } else { None })
    }
}

pub(crate) fn asked(index: usize, signal: SignalNumber) -> [Action; 2] {
    [Action::Send(pid(index), signal), Action::Send(pid(index), CONT)]
}
