//! A fake world, driven by the machine's actions. What has to hold in every world is checked in thousands of random
//! ones.

use std::collections::BTreeMap;
use std::time::Duration;

use monofy::exit::ExitReason;
use monofy::plan::{CheckId, CheckRole, Restart, Timeout};
use monofy::signal::{SignalNumber, SignalSet};
use monofy::supervisor::{
    Action, Announcement, Children, Config, CreatesPath, Event, Grace, JobControl, Leftovers, Machine,
    Notice, ProbeInterval, ProbeResult, ReadinessCheck, Task, TaskId, Tick, Wake,
};
use monofy::sys::process::Pid;
use monofy::sys::signals::{Origin, Received};
use monofy::sys::spawn::Grouping;
use proptest::prelude::*;

use super::scenario::{Behaviour, Profile, Scenario, SimCheck, can_end, scenario};

/// Coarse, so that answers come together with other things.
const INTERVAL: ProbeInterval = ProbeInterval {
    first: Duration::from_millis(100),
    longest: Duration::from_millis(400),
    limit: Duration::from_secs(1),
};

struct SimProcess {
    task: Option<TaskId>,
    parent: Option<Pid>,
    group: Pid,
    behaviour: Behaviour,
    unkillable: bool,
    /// Whether it was told to stop as a leftover.
    was_told: bool,
    dies: Option<(u64, ExitReason)>,
    was_killed: bool,
}

/// What the world knows of a command.
#[derive(Clone, Default)]
struct Record {
    /// How often it was started, or should have been.
    starts: u32,
    /// When it was started last.
    started: u64,
    /// When and how it ended last.
    ended: Option<(u64, ExitReason)>,
    restarts_in_a_row: u32,
    /// Whether the machine was told that it is ready.
    is_ready: bool,
    /// Whether somebody listens to whether it is.
    is_checked: bool,
    /// Whether it is being probed, and when the result comes: at the end of time if never.
    asked: Option<u64>,
    /// The pid that it had when it ran last.
    pid: Option<Pid>,
    /// When its leftovers were told to stop.
    leftovers_told: Option<u64>,
    /// When it was told to stop in its turn.
    told: Option<u64>,
    was_skipped: bool,
    /// Its `--wait` checks.
    waits: Vec<WaitRecord>,
}

/// What the world knows of a `--wait` check.
#[derive(Clone, Copy, Default)]
struct WaitRecord {
    /// Whether it is being asked, and when the answer comes: at the end of time if never.
    asked: Option<u64>,
    /// Whether it has succeeded since the last start.
    has_succeeded: bool,
}

/// The world, the machine in it, and what was found out.
struct World {
    scenario: Scenario,
    machine: Machine,
    now: u64,
    processes: BTreeMap<Pid, SimProcess>,
    records: Vec<Record>,
    next_pid: i32,
    signals: Vec<(u64, Received)>,
    /// When a stop began, or had to begin.
    stop_began: Option<u64>,
    /// When the machine said that it began.
    announced: Option<u64>,
    finished: Option<u8>,
    /// Whether all processes were ready at the same time.
    was_ready: bool,
    shuffle: u64,
    /// How many actions there were, and how often nothing at all has happened in a row.
    actions: u64,
    idle_wake_ups: u32,
}

fn task(profile: &Profile) -> Task {
    let check = match profile.check {
        SimCheck::None => None,
        SimCheck::Passive { .. } => Some(ReadinessCheck::Passive),
        SimCheck::Polled { .. } => Some(ReadinessCheck::Polled(INTERVAL)),
    };
    let signal = |number: u32| SignalNumber::new(number);
    let rewrites = profile.rewrite.iter().filter_map(|(from, to)| Some((signal(*from)?, signal(*to))));
    let task = Task::new(profile.stop_signal.and_then(SignalNumber::new), profile.stop_timeout)
        .checked(check)
        .restarting(profile.policy)
        .waiting(vec![INTERVAL; profile.waits.len()])
        .rewriting(rewrites.collect());
    let task = if profile.is_once { task.once() } else { task };
    if profile.creates.is_some() { task.creating() } else { task }
}

fn result(has_succeeded: bool) -> ProbeResult {
    if has_succeeded { ProbeResult::Ready } else { ProbeResult::NotYet }
}

impl World {
    fn new(scenario: &Scenario, shuffle: u64) -> Self {
        let grouping = if scenario.is_terminal { Grouping::Shared } else { Grouping::Own };
        let ignored =
            if scenario.ignores_interrupts { vec![SignalNumber::INT, SignalNumber::QUIT] } else { vec![] };
        let config = Config {
            grace: scenario.grace,
            start_timeout: scenario.start_timeout.map(Duration::from_millis),
            job_control: JobControl { grouping, leads_session: false },
            ignored: ignored.into_iter().collect(),
        };
        let first = scenario.setup.len();
        let processes = scenario.processes.iter().enumerate().map(|(index, profile)| {
            task(profile)
                .after(scenario.after(index).into_iter().map(|other| TaskId(first + other)).collect())
        });
        let machine = Machine::new(scenario.setup.iter().map(task).collect(), processes.collect(), config);
        let signals = scenario.signals.iter().map(|(at, number, typed)| {
            let signal = SignalNumber::new(*number).unwrap();
            let is_typed = *typed && signal.comes_from_terminals();
            (*at, Received { signal, origin: if is_typed { Origin::Terminal } else { Origin::Process } })
        });
        Self {
            machine,
            now: 0,
            processes: BTreeMap::new(),
            records: scenario
                .setup
                .iter()
                .chain(&scenario.processes)
                .map(|profile| Record {
                    waits: vec![WaitRecord::default(); profile.waits.len()],
                    ..Record::default()
                })
                .collect(),
            next_pid: 100,
            signals: signals.collect(),
            stop_began: None,
            announced: None,
            finished: None,
            was_ready: false,
            scenario: scenario.clone(),
            shuffle,
            actions: 0,
            idle_wake_ups: 0,
        }
    }

    fn tick(&self) -> Tick {
        Tick::after(Duration::from_millis(self.now))
    }

    fn profile(&self, id: TaskId) -> &Profile {
        self.scenario.setup.iter().chain(&self.scenario.processes).nth(id.0).unwrap()
    }

    /// Runs to the end. Fails where something that may never happen does.
    fn run(mut self) -> (u8, u64) {
        for _ in 0..5000 {
            if let Some(status) = self.finished {
                self.check_end();
                return (status, self.now);
            }
            let (before, actions) = (self.now, self.actions);
            let wake = self.next_wake();
            let mut answers = self.answers();
            self.permute(&mut answers);
            let is_empty = wake.deaths.is_empty() && wake.signals.is_empty() && answers.is_empty();
            self.tell(Event::Woke(&wake));
            // What has been answered is said also when nobody wants to know any more.
            for (id, answer) in answers.into_iter().filter(|_| self.finished.is_none()).collect::<Vec<_>>() {
                self.tell(Event::Probed(id, answer));
            }
            let is_late = self.scenario.start_timeout.is_some_and(|limit| self.now >= limit);
            let has_begun = self.was_ready || self.stop_began.is_some();
            assert!(!is_late || has_begun, "at {} ms the start takes too long", self.now);
            let is_idle = is_empty && self.now == before && self.actions == actions;
            self.idle_wake_ups = if is_idle { self.idle_wake_ups + 1 } else { 0 };
            assert!(self.idle_wake_ups < 3, "it spins at {} ms", self.now);
        }
        panic!("the run does not end; now {} ms, deadline {:?}", self.now, self.machine.deadline());
    }

    fn tell(&mut self, event: Event<'_>) {
        self.machine.handle(self.tick(), event);
        while let Some(action) = self.machine.next_action() {
            assert_eq!(self.finished, None, "{action:?} after Finish");
            self.actions += 1;
            self.execute(action);
        }
    }

    /// Lets time pass to whatever comes next, and sees all that happens then at once, in any order.
    fn next_wake(&mut self) -> Wake {
        let deadline = self
            .machine
            .deadline()
            .map(|tick| u64::try_from(tick.since(Tick::ZERO).as_micros().div_ceil(1000)).unwrap());
        let deaths = self.processes.values().filter_map(|process| process.dies).map(|(at, _)| at);
        let signals = self.signals.iter().map(|(at, _)| *at);
        let answers = (0..self.records.len()).filter_map(|index| self.answer_at(TaskId(index)));
        let waits = self.records.iter().flat_map(|record| &record.waits);
        let waits = waits.filter_map(|wait| wait.asked).filter(|at| *at < u64::MAX);
        let next = deaths.chain(signals).chain(answers).chain(waits).chain(deadline).min();
        self.now = self.now.max(next.expect("a machine that waits for ever has something to wait for"));
        let due: Vec<(u64, Received)> = self.signals.extract_if(.., |(at, _)| *at <= self.now).collect();
        let mut signals: Vec<Received> = due.into_iter().map(|(_, received)| received).collect();
        for received in signals.clone() {
            self.arrive(received);
        }
        let mut deaths = self.reap();
        self.permute(&mut deaths);
        self.permute(&mut signals);
        let looked = !deaths.is_empty() || signals.is_empty();
        let children = match (looked, self.processes.values().any(|process| process.parent.is_none())) {
            (false, _) => Children::NotLookedAt,
            (true, true) => Children::Left,
            (true, false) => Children::None,
        };
        Wake { deaths, signals, outside_group: Vec::new(), children }
    }

    /// When a check will have something to say.
    fn answer_at(&self, id: TaskId) -> Option<u64> {
        let record = &self.records[id.0];
        match self.profile(id).check {
            SimCheck::Passive { after: Some(after) } if record.is_checked => Some(record.started + after),
            SimCheck::Polled { .. } => record.asked.filter(|at| *at < u64::MAX),
            SimCheck::None | SimCheck::Passive { .. } => None,
        }
    }

    /// The answers that have come by now, each once.
    fn answers(&mut self) -> Vec<(CheckId, ProbeResult)> {
        let mut answers = self.wait_answers();
        for id in (0..self.records.len()).map(TaskId) {
            let Some(at) = self.answer_at(id).filter(|at| *at <= self.now) else { continue };
            let started = self.records[id.0].started;
            let is_ready = match self.profile(id).check {
                SimCheck::Polled { after, .. } => after.is_some_and(|after| started + after <= at),
                SimCheck::None | SimCheck::Passive { .. } => true,
            };
            let record = &mut self.records[id.0];
            record.asked = None;
            // A check ends itself when it has succeeded.
            record.is_checked = !is_ready;
            // Whoever died in the same wake-up is ready no more.
            record.is_ready |= is_ready && self.processes.values().any(|process| process.task == Some(id));
            answers.push((CheckId::ready(id), result(is_ready)));
        }
        answers
    }

    /// The answers of `--wait` checks that have come by now, each once.
    fn wait_answers(&mut self) -> Vec<(CheckId, ProbeResult)> {
        let mut answers = Vec::new();
        for id in (0..self.records.len()).map(TaskId) {
            for index in 0..self.records[id.0].waits.len() {
                let from = self.profile(id).waits[index].from;
                let wait = &mut self.records[id.0].waits[index];
                let Some(at) = wait.asked.filter(|at| *at <= self.now) else { continue };
                wait.asked = None;
                wait.has_succeeded = from.is_some_and(|from| from <= at);
                answers.push((CheckId::wait(id, index), result(wait.has_succeeded)));
            }
        }
        answers
    }

    /// A terminal signals the whole group itself.
    fn arrive(&mut self, received: Received) {
        if received.origin == Origin::Terminal && self.scenario.is_terminal {
            let tasks: Vec<Pid> = self
                .processes
                .iter()
                .filter(|(_, process)| process.task.is_some())
                .map(|(pid, _)| *pid)
                .collect();
            for pid in tasks {
                self.receive(pid, received.signal);
            }
        }
        if self.begins_stop(received.signal) {
            self.stop_began.get_or_insert(self.now);
        }
    }

    fn begins_stop(&self, signal: SignalNumber) -> bool {
        let is_ignored = self.scenario.ignores_interrupts && signal != SignalNumber::TERM;
        let is_rewritten = |profile: &Profile| {
            let to = profile.rewrite.filter(|(from, _)| SignalNumber::new(*from) == Some(signal));
            let to = to.and_then(|(_, to)| SignalNumber::new(to));
            let stop_signal = profile.stop_signal.and_then(SignalNumber::new);
            to.is_some_and(|to| to.asks_for_stop() || Some(to) == stop_signal)
        };
        (signal.asks_for_stop() && !is_ignored)
            || self.scenario.setup.iter().chain(&self.scenario.processes).any(is_rewritten)
    }

    /// Takes out who has died. The children of the dead are ours.
    fn reap(&mut self) -> Vec<(Pid, ExitReason)> {
        let mut seen = Vec::new();
        loop {
            let is_dead = |process: &SimProcess| process.dies.is_some_and(|(at, _)| at <= self.now);
            let Some(pid) = self.processes.iter().find(|(_, process)| is_dead(process)).map(|(pid, _)| *pid)
            else {
                return seen;
            };
            let process = self.processes.remove(&pid).unwrap();
            self.processes
                .values_mut()
                .filter(|child| child.parent == Some(pid))
                .for_each(|child| child.parent = None);
            if let (Some(id), Some((_, death))) = (process.task, process.dies) {
                self.note_end(id, death);
            }
            if let (None, Some((_, death))) = (process.parent, process.dies) {
                seen.push((pid, death));
            }
        }
    }

    fn note_end(&mut self, id: TaskId, death: ExitReason) {
        let now = self.now;
        let record = &mut self.records[id.0];
        record.ended = Some((now, death));
        record.is_ready = false;
        if now - record.started >= 10_000 {
            record.restarts_in_a_row = 0;
        }
    }

    fn permute<T>(&mut self, items: &mut [T]) {
        for index in (1..items.len()).rev() {
            self.shuffle =
                self.shuffle.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            items.swap(index, usize::try_from(self.shuffle >> 33).unwrap() % (index + 1));
        }
    }

    fn execute(&mut self, action: Action) {
        match action {
            Action::Spawn(id) => self.spawn(id),
            Action::Probe(CheckId { task, role: CheckRole::Wait(index) }) => self.ask_wait(task, index),
            Action::Probe(check) => self.probe(check.task),
            // Its answer may have come in the same wake-up.
            Action::AbandonProbe(CheckId { task, role: CheckRole::Wait(index) })
            | Action::EndProbe(CheckId { task, role: CheckRole::Wait(index) }) => {
                self.records[task.0].waits[index].asked = None;
            }
            Action::AbandonProbe(check) => self.records[check.task.0].asked = None,
            Action::EndProbe(CheckId { task: id, .. }) => {
                self.records[id.0].is_checked = false;
                self.records[id.0].asked = None;
            }
            Action::RecordUnready(_) => {
                let limit = self.scenario.start_timeout.expect("only then there is a limit");
                assert!(self.now >= limit && !self.was_ready, "the start has not taken too long");
            }
            Action::CheckCreates(id) => {
                let exists = self.profile(id).creates.expect("only such a command is asked for");
                self.records[id.0].was_skipped = exists;
                let path = if exists { CreatesPath::Exists } else { CreatesPath::Missing };
                self.machine.handle(self.tick(), Event::CreatesChecked(id, path));
            }
            Action::TerminateLeftovers(id, leader) => self.terminate_leftovers(id, leader),
            Action::KillLeftovers(id, leader) => self.kill_leftovers(id, leader),
            Action::LookUpPrograms => {
                let result = if self.scenario.is_program_missing { Err(127) } else { Ok(()) };
                self.machine.handle(self.tick(), Event::ProgramsLookedUp(result));
            }
            Action::Send(pid, signal) => {
                let process = self.processes.get(&pid);
                assert!(
                    process.is_some_and(|process| process.task.is_some()),
                    "{signal} to {pid}, which was reaped"
                );
                self.check_is_told(pid, signal);
                self.receive(pid, signal);
            }
            Action::KillTree(root) => {
                assert!(self.processes.contains_key(&root), "KILL to {root}, which was reaped");
                let below = self.below(Some(root), &[]);
                below.into_iter().chain([root]).for_each(|pid| self.receive(pid, SignalNumber::KILL));
            }
            Action::TerminateDescendants => {
                let all = self.below(None, &[]);
                for pid in all {
                    self.receive(pid, SignalNumber::TERM);
                }
            }
            Action::KillDescendants { sparing } => {
                let all = self.below(None, &sparing);
                for pid in all {
                    self.receive(pid, SignalNumber::KILL);
                }
            }
            Action::Announce(Announcement::Stopping) => {
                self.stop_began.get_or_insert(self.now);
                self.announced = Some(self.now);
            }
            Action::Report(Notice::Stopping(told, _) | Notice::StoppingNext(told)) => {
                self.check_turns(&told);
            }
            Action::StopSelf(_) | Action::Report(_) => {}
            Action::Announce(Announcement::Ready) => self.was_ready = true,
            Action::Finish(status) => self.finished = Some(status),
        }
    }

    fn below(&self, root: Option<Pid>, sparing: &[Pid]) -> Vec<Pid> {
        let children =
            self.processes.iter().filter(|(pid, process)| process.parent == root && !sparing.contains(pid));
        let children: Vec<Pid> = children.map(|(pid, _)| *pid).collect();
        children.into_iter().flat_map(|pid| self.below(Some(pid), sparing).into_iter().chain([pid])).collect()
    }

    fn left_behind(&self, leader: Pid) -> Vec<Pid> {
        assert!(!self.processes.contains_key(&leader), "{leader} has not ended");
        self.processes.iter().filter(|(_, process)| process.group == leader).map(|(pid, _)| *pid).collect()
    }

    fn terminate_leftovers(&mut self, id: TaskId, leader: Pid) {
        let left = self.left_behind(leader);
        let now = self.now;
        for pid in &left {
            let was_told =
                self.processes.get_mut(pid).is_some_and(|one| std::mem::replace(&mut one.was_told, true));
            if !was_told {
                self.records[id.0].leftovers_told.get_or_insert(now);
                self.receive(*pid, SignalNumber::TERM);
            }
        }
        let leftovers = if left.is_empty() { Leftovers::None } else { Leftovers::Remain };
        self.machine.handle(self.tick(), Event::LeftoversSeen(id, leftovers));
    }

    fn kill_leftovers(&mut self, id: TaskId, leader: Pid) {
        let limit = self.leftover_limit(id).expect("without a limit nothing is killed");
        let told = self.records[id.0].leftovers_told.expect("what is killed was told to stop");
        assert!(self.now >= told + limit, "the leftovers of {id:?} are killed too early");
        for pid in self.left_behind(leader) {
            self.receive(pid, SignalNumber::KILL);
        }
    }

    fn leftover_limit(&self, id: TaskId) -> Option<u64> {
        self.scenario.leftover_limit(self.profile(id)).map(|limit| u64::try_from(limit.as_millis()).unwrap())
    }

    /// TERM is sent to a process only in its turn.
    fn check_is_told(&self, pid: Pid, signal: SignalNumber) {
        let Some(id) = self.processes.get(&pid).and_then(|process| process.task) else { return };
        if signal == SignalNumber::TERM && !self.scenario.is_terminal && self.profile(id).rewrite.is_none() {
            // A start that was under way is told without a report.
            let is_known = self.records[id.0].told.is_some() || self.records[id.0].started == self.now;
            assert!(self.announced.is_none() || is_known, "{id:?} is told out of turn");
        }
    }

    /// Nobody is told to stop before those that come after it are gone, or have had their share of the time.
    fn check_turns(&mut self, told: &[TaskId]) {
        let now = self.now;
        for id in told {
            self.records[id.0].told.get_or_insert(now);
        }
        let began = self.announced.unwrap_or(now);
        let whole = match self.scenario.grace {
            Grace::Fixed(Timeout::After(limit)) => u64::try_from(limit.as_millis()).unwrap(),
            Grace::Fixed(Timeout::Never) | Grace::ByCause => 10_000,
        };
        if self.scenario.is_terminal {
            return;
        }
        for id in told {
            for other in self.dependents(*id) {
                if !self.processes.values().any(|process| process.task == Some(other)) {
                    continue;
                }
                let at = self.records[other.0].told;
                let at = at.unwrap_or_else(|| panic!("{id:?} is told to stop before {other:?}"));
                let share = match self.profile(other).stop_timeout {
                    None => (began + whole).saturating_sub(at) / 2,
                    Some(Timeout::Never) => whole / 2,
                    Some(Timeout::After(own)) => (whole / 2).min(u64::try_from(own.as_millis()).unwrap()),
                };
                assert!(now >= at + share, "{id:?} is told to stop while {other:?} has time left");
            }
        }
    }

    /// The processes that come after this one, directly or through others.
    fn dependents(&self, id: TaskId) -> Vec<TaskId> {
        let first = self.scenario.setup.len();
        let Some(process) = id.0.checked_sub(first) else { return Vec::new() };
        let is_direct = |other: &usize| self.scenario.after(*other).contains(&process);
        let direct: Vec<usize> = (0..self.scenario.processes.len()).filter(is_direct).collect();
        let direct = direct.into_iter().map(|other| TaskId(first + other));
        direct.flat_map(|other| self.dependents(other).into_iter().chain([other])).collect()
    }

    fn probe(&mut self, id: TaskId) {
        let SimCheck::Polled { takes, .. } = self.profile(id).check else { panic!("{id:?} is not asked") };
        assert!(self.processes.values().any(|process| process.task == Some(id)), "{id:?} does not run");
        assert_eq!(self.stop_began, None, "{id:?} is asked after a stop began");
        let at = takes.map_or(u64::MAX, |takes| self.now + takes);
        let record = &mut self.records[id.0];
        assert!(record.is_checked && !record.is_ready && record.asked.is_none(), "{id:?} is asked in vain");
        record.asked = Some(at);
    }

    /// A `--wait` check is asked before its command is started, and not again once it has succeeded.
    fn ask_wait(&mut self, id: TaskId, index: usize) {
        assert_eq!(self.stop_began, None, "{id:?} is asked after a stop began");
        assert!(self.processes.values().all(|process| process.task != Some(id)), "{id:?} runs already");
        let takes = self.profile(id).waits[index].takes;
        let wait = &mut self.records[id.0].waits[index];
        assert!(wait.asked.is_none() && !wait.has_succeeded, "{id:?} is asked in vain");
        wait.asked = Some(takes.map_or(u64::MAX, |takes| self.now + takes));
    }

    fn spawn(&mut self, id: TaskId) {
        assert_eq!(self.stop_began, None, "{id:?} was started after a stop began");
        for wait in &mut self.records[id.0].waits {
            assert!(wait.has_succeeded, "{id:?} is started before its checks have succeeded");
            wait.has_succeeded = false;
        }
        self.check_order(id);
        self.check_policy(id);
        let profile = self.profile(id).clone();
        let now = self.now;
        let record = &mut self.records[id.0];
        let is_first = record.starts == 0;
        record.starts += 1;
        record.started = now;
        if (is_first && profile.fails_to_start) || (!is_first && profile.fails_to_restart) {
            self.note_end(id, ExitReason::Exited(126));
            self.machine.handle(self.tick(), Event::SpawnFailed(id, 126));
            return;
        }
        record.is_ready = matches!(profile.check, SimCheck::None);
        record.is_checked = !record.is_ready;
        let exit = if is_first { profile.exits_at } else { profile.later };
        let dies = exit.map(|(after, status)| (now + after, ExitReason::Exited(status)));
        let pid = self.next_pid();
        self.processes.insert(
            pid,
            SimProcess {
                task: Some(id),
                parent: None,
                group: pid,
                behaviour: profile.behaviour,
                unkillable: profile.unkillable,
                dies,
                was_told: false,
                was_killed: false,
            },
        );
        for behaviour in profile.descendants {
            let process = SimProcess {
                task: None,
                parent: Some(pid),
                group: pid,
                behaviour,
                unkillable: false,
                dies: None,
                was_told: false,
                was_killed: false,
            };
            let child = self.next_pid();
            self.processes.insert(child, process);
        }
        self.records[id.0].pid = Some(pid);
        self.machine.handle(self.tick(), Event::Spawned(id, pid, SignalSet::EMPTY));
    }

    /// Whatever it comes after runs and is ready.
    fn check_order(&self, id: TaskId) {
        let first = self.scenario.setup.len();
        let Some(process) = id.0.checked_sub(first) else { return };
        for other in self.scenario.after(process).into_iter().map(|other| TaskId(first + other)) {
            let record = &self.records[other.0];
            let runs = self.processes.values().any(|process| process.task == Some(other));
            let is_ready = if self.profile(other).is_once {
                !runs && record.ended.is_some_and(|(_, death)| death == ExitReason::Exited(0))
            } else {
                runs && record.is_ready
            };
            assert!(record.was_skipped || is_ready, "{id:?} did not wait for {other:?}");
        }
    }

    /// It is started for the first time, or its policy says so.
    fn check_policy(&mut self, id: TaskId) {
        assert!(self.processes.values().all(|process| process.task != Some(id)), "{id:?} runs twice");
        let policy = self.profile(id).policy;
        let now = self.now;
        let record = &mut self.records[id.0];
        let Some((ended, death)) = record.ended else {
            return assert_eq!(record.starts, 0, "{id:?} is started again for no reason");
        };
        let before = record.restarts_in_a_row;
        let may_come_back = match policy {
            Restart::No => false,
            Restart::OnFailure(attempts) => {
                death != ExitReason::Exited(0) && attempts.is_none_or(|attempts| before < attempts.get())
            }
            Restart::Always => true,
        };
        assert!(may_come_back, "{id:?} may not come back a {before} + first time after {death}");
        let delay = (100 << before.min(7)).min(10_000);
        assert!(now >= ended + delay, "{id:?} is back too early");
        record.restarts_in_a_row += 1;
        record.leftovers_told = None;
        let left = record.pid.map(|pid| self.left_behind(pid)).unwrap_or_default();
        let is_killed = |pid: &Pid| self.processes[pid].was_killed;
        assert!(left.iter().all(is_killed), "{id:?} is back before its leftovers have ended");
    }

    fn next_pid(&mut self) -> Pid {
        self.next_pid += 1;
        Pid::new(self.next_pid)
    }

    fn receive(&mut self, pid: Pid, signal: SignalNumber) {
        let now = self.now;
        let Some(process) = self.processes.get_mut(&pid) else { return };
        if process.unkillable {
            process.was_killed |= signal == SignalNumber::KILL;
            return;
        }
        let death = match (signal, process.behaviour) {
            (SignalNumber::KILL, _) => {
                process.was_killed = true;
                (now, ExitReason::Killed(signal))
            }
            (SignalNumber::CONT | SignalNumber::TSTP, _) | (_, Behaviour::Ignores) => return,
            (_, Behaviour::DiesOfIt { after }) => (now + after, ExitReason::Killed(signal)),
            (_, Behaviour::Exits { after, status }) => (now + after, ExitReason::Exited(status)),
        };
        // Of two signals that wait for it, a process takes the lower first, and SIGKILL before all (signal(7)).
        let rank = |death: ExitReason| match death {
            ExitReason::Killed(SignalNumber::KILL) => 0,
            ExitReason::Killed(signal) | ExitReason::Explained(signal, _) => signal.get(),
            ExitReason::Exited(_) | ExitReason::Lost => 65,
        };
        if process.dies.is_none_or(|(at, earlier)| (at, rank(earlier)) > (death.0, rank(death.1))) {
            process.dies = Some(death);
        }
    }

    /// What has to be true when a run is over.
    fn check_end(&self) {
        for (index, record) in self.records.iter().enumerate() {
            assert!(!record.is_checked, "the check of {index} has not been ended");
            assert!(record.waits.iter().all(|wait| wait.asked.is_none()), "{index} is asked after the end");
        }
        for (pid, process) in &self.processes {
            assert!(process.was_killed, "{pid} was left behind and never sent KILL");
        }
        // Every bound of the stop, and what follows a kill, twice: for a process's own and for all.
        let own = self
            .scenario
            .setup
            .iter()
            .chain(&self.scenario.processes)
            .filter_map(|profile| profile.stop_timeout);
        let whole = match self.scenario.grace {
            Grace::ByCause => Timeout::Never,
            Grace::Fixed(limit) => limit,
        };
        let bounds: Option<Vec<Duration>> = own
            .chain([whole])
            .map(|limit| if let Timeout::After(duration) = limit { Some(duration) } else { None })
            .collect();
        if let (Some(bounds), Some(began)) = (bounds, self.stop_began) {
            // A stop timeout of its own is counted from a process's turn.
            let longest = bounds.into_iter().sum::<Duration>() + Duration::from_secs(4);
            assert!(
                Duration::from_millis(self.now - began) <= longest,
                "the stop took longer than its bounds"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3000,
        max_local_rejects: u32::MAX,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// It ends, and never spins; Finish comes once and last; nothing is started after a stop began, before what it
    /// comes after is ready or its own checks have succeeded, or again where its policy does not say so; nothing is sent to a pid that was reaped; no
    /// check outlives the run; a start that takes too long is ended at its limit; whoever is left was sent KILL; and all of it within the bounds of the stop.
    #[test]
    fn every_run_ends_as_the_contract_wants(scenario in scenario().prop_filter("it can end", can_end)) {
        World::new(&scenario, 1).run();
    }

    #[test]
    fn the_status_does_not_depend_on_the_order_of_simultaneous_events(
        scenario in scenario().prop_filter("it can end", can_end),
        shuffle in any::<u64>(),
    ) {
        prop_assert_eq!(World::new(&scenario, 1).run(), World::new(&scenario, shuffle).run());
    }
}
