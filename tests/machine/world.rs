//! A fake world, driven by the machine's actions. What has to hold in every world is checked in thousands of random
//! ones.

use std::collections::BTreeMap;
use std::time::Duration;

use monofy::exit::ExitReason;
use monofy::plan::{Restart, Timeout};
use monofy::signal::{SignalNumber, SignalSet};
use monofy::supervisor::{
    Action, Check, Children, Config, Event, Grace, JobControl, Machine, Notice, ProbeInterval, ProbeResult,
    Task, TaskId, Tick, Wake,
};
use monofy::sys::process::Pid;
use monofy::sys::signals::{Origin, Received};
use monofy::sys::spawn::Grouping;
use proptest::prelude::*;

use super::scenario::{Behaviour, Character, Checked, Scene, can_end, scenario};

/// Coarse, so that answers come together with other things.
const PACE: ProbeInterval = ProbeInterval {
    first: Duration::from_millis(100),
    longest: Duration::from_millis(400),
    limit: Duration::from_secs(1),
};

struct SimProcess {
    task: Option<TaskId>,
    parent: Option<Pid>,
    group: Pid,
    manners: Behaviour,
    undying: bool,
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
    /// Whether it was asked, and when it answers: at the end of time if never.
    asked: Option<u64>,
}

/// The world, the machine in it, and what was found out.
struct World {
    scenario: Scene,
    machine: Machine,
    now: u64,
    beings: BTreeMap<Pid, SimProcess>,
    records: Vec<Record>,
    next_pid: i32,
    signals: Vec<(u64, Received)>,
    stop_began: Option<u64>,
    finished: Option<u8>,
    shuffle: u64,
    /// How many actions there were, and how often nothing at all has happened in a row.
    actions: u64,
    idle_wake_ups: u32,
}

fn task(character: &Character) -> Task {
    let check = match character.check {
        Checked::Not => None,
        Checked::Told { .. } => Some(Check::Told),
        Checked::Asked { .. } => Some(Check::Asked(PACE)),
    };
    Task::new(character.stop_signal.and_then(SignalNumber::new), character.stop_timeout)
        .checked(check)
        .restarting(character.policy)
}

impl World {
    fn new(scenario: &Scene, shuffle: u64) -> Self {
        let grouping = if scenario.is_terminal { Grouping::Shared } else { Grouping::Own };
        let rules = Config { grace: scenario.grace, seat: JobControl { grouping, leads_session: false } };
        let first = scenario.setup.len();
        let processes = scenario.processes.iter().enumerate().map(|(index, character)| {
            task(character)
                .after(scenario.after(index).into_iter().map(|other| TaskId(first + other)).collect())
        });
        let machine = Machine::new(scenario.setup.iter().map(task).collect(), processes.collect(), rules);
        let signals = scenario.signals.iter().map(|(at, number, typed)| {
            let signal = SignalNumber::new(*number).unwrap();
            let is_typed = *typed && signal.comes_from_terminals();
            (*at, Received { signal, origin: if is_typed { Origin::Terminal } else { Origin::Process } })
        });
        Self {
            machine,
            now: 0,
            beings: BTreeMap::new(),
            records: vec![Record::default(); first + scenario.processes.len()],
            next_pid: 100,
            signals: signals.collect(),
            stop_began: None,
            finished: None,
            scenario: scenario.clone(),
            shuffle,
            actions: 0,
            idle_wake_ups: 0,
        }
    }

    fn tick(&self) -> Tick {
        Tick::after(Duration::from_millis(self.now))
    }

    fn character(&self, id: TaskId) -> &Character {
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
                self.tell(Event::Checked(id, answer));
            }
            let is_idle = is_empty && self.now == before && self.actions == actions;
            self.idle_wake_ups = if is_idle { self.idle_wake_ups + 1 } else { 0 };
            assert!(self.idle_wake_ups < 3, "it spins at {} ms", self.now);
        }
        panic!("the run does not end; now {} ms, deadline {:?}", self.now, self.machine.deadline());
    }

    fn tell(&mut self, event: Event<'_>) {
        let mut actions = Vec::new();
        self.machine.handle(self.tick(), event, &mut actions);
        for action in actions {
            assert_eq!(self.finished, None, "{action:?} after Finish");
            self.actions += 1;
            self.carry_out(action);
        }
    }

    /// Lets time pass to whatever comes next, and sees all that happens then at once, in any order.
    fn next_wake(&mut self) -> Wake {
        let deadline =
            self.machine.deadline().map(|tick| u64::try_from(tick.since(Tick::ZERO).as_millis()).unwrap());
        let deaths = self.beings.values().filter_map(|being| being.dies).map(|(at, _)| at);
        let signals = self.signals.iter().map(|(at, _)| *at);
        let answers = (0..self.records.len()).filter_map(|index| self.answer_at(TaskId(index)));
        let next = deaths.chain(signals).chain(answers).chain(deadline).min();
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
        let children = match (looked, self.beings.values().any(|being| being.parent.is_none())) {
            (false, _) => Children::NotLookedAt,
            (true, true) => Children::Left,
            (true, false) => Children::None,
        };
        Wake { deaths, signals, children }
    }

    /// When a check will have something to say.
    fn answer_at(&self, id: TaskId) -> Option<u64> {
        let record = &self.records[id.0];
        match self.character(id).check {
            Checked::Told { after: Some(after) } if record.is_checked => Some(record.started + after),
            Checked::Asked { .. } => record.asked.filter(|at| *at < u64::MAX),
            Checked::Not | Checked::Told { .. } => None,
        }
    }

    /// The answers that have come by now, each once.
    fn answers(&mut self) -> Vec<(TaskId, ProbeResult)> {
        let mut answers = Vec::new();
        for id in (0..self.records.len()).map(TaskId) {
            let Some(at) = self.answer_at(id).filter(|at| *at <= self.now) else { continue };
            let started = self.records[id.0].started;
            let is_ready = match self.character(id).check {
                Checked::Asked { after, .. } => after.is_some_and(|after| started + after <= at),
                Checked::Not | Checked::Told { .. } => true,
            };
            let record = &mut self.records[id.0];
            record.asked = None;
            // A check ends itself when it has succeeded.
            record.is_checked = !is_ready;
            // Whoever died in the same wake-up is ready no more.
            record.is_ready |= is_ready && self.beings.values().any(|being| being.task == Some(id));
            answers.push((id, if is_ready { ProbeResult::Ready } else { ProbeResult::NotYet }));
        }
        answers
    }

    /// A terminal signals the whole group itself.
    fn arrive(&mut self, received: Received) {
        if received.origin == Origin::Terminal && self.scenario.is_terminal {
            let tasks: Vec<Pid> =
                self.beings.iter().filter(|(_, being)| being.task.is_some()).map(|(pid, _)| *pid).collect();
            for pid in tasks {
                self.receive(pid, received.signal);
            }
        }
        if received.signal.asks_for_stop() {
            self.stop_began.get_or_insert(self.now);
        }
    }

    /// Takes out who has died. The children of the dead are ours.
    fn reap(&mut self) -> Vec<(Pid, ExitReason)> {
        let mut seen = Vec::new();
        loop {
            let is_dead = |being: &SimProcess| being.dies.is_some_and(|(at, _)| at <= self.now);
            let Some(pid) = self.beings.iter().find(|(_, being)| is_dead(being)).map(|(pid, _)| *pid) else {
                return seen;
            };
            let being = self.beings.remove(&pid).unwrap();
            self.beings
                .values_mut()
                .filter(|child| child.parent == Some(pid))
                .for_each(|child| child.parent = None);
            if let (Some(id), Some((_, death))) = (being.task, being.dies) {
                self.note_end(id, death);
            }
            if let (None, Some((_, death))) = (being.parent, being.dies) {
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

    fn carry_out(&mut self, action: Action) {
        match action {
            Action::Spawn(id) => self.spawn(id),
            Action::Ask(id) => self.ask(id),
            // Its answer may have come in the same wake-up.
            Action::GiveUpAsking(id) => self.records[id.0].asked = None,
            Action::EndCheck(id) => {
                self.records[id.0].is_checked = false;
                self.records[id.0].asked = None;
            }
            Action::AskLeftBehind(_, leader) => self.send_left_behind(leader, SignalNumber::TERM),
            Action::KillLeftBehind(leader) if !self.scenario.is_terminal => {
                self.send_left_behind(leader, SignalNumber::KILL);
            }
            Action::LookUpPrograms => {
                let result = if self.scenario.is_program_missing { Err(127) } else { Ok(()) };
                self.tell(Event::ProgramsLookedUp(result));
            }
            Action::Send(pid, signal) => {
                let being = self.beings.get(&pid);
                assert!(
                    being.is_some_and(|being| being.task.is_some()),
                    "{signal} to {pid}, which was reaped"
                );
                self.receive(pid, signal);
            }
            Action::KillTree(root) => {
                assert!(self.beings.contains_key(&root), "KILL to {root}, which was reaped");
                let below = self.below(Some(root), &[]);
                below.into_iter().chain([root]).for_each(|pid| self.receive(pid, SignalNumber::KILL));
            }
            Action::AskDescendants => {
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
            Action::Tell(Notice::Stopping(..)) => {
                self.stop_began.get_or_insert(self.now);
            }
            Action::KillLeftBehind(_) | Action::StopSelf(_) | Action::Tell(_) | Action::Announce(_) => {}
            Action::Finish(status) => self.finished = Some(status),
        }
    }

    fn below(&self, root: Option<Pid>, sparing: &[Pid]) -> Vec<Pid> {
        let children =
            self.beings.iter().filter(|(pid, being)| being.parent == root && !sparing.contains(pid));
        let children: Vec<Pid> = children.map(|(pid, _)| *pid).collect();
        children.into_iter().flat_map(|pid| self.below(Some(pid), sparing).into_iter().chain([pid])).collect()
    }

    fn send_left_behind(&mut self, leader: Pid, signal: SignalNumber) {
        assert!(!self.beings.contains_key(&leader), "{leader} has not ended");
        assert!(!self.scenario.is_terminal, "in a terminal the group of {leader} is that of all");
        let left = self.beings.iter().filter(|(_, being)| being.group == leader).map(|(pid, _)| *pid);
        for pid in left.collect::<Vec<_>>() {
            self.receive(pid, signal);
        }
    }

    fn ask(&mut self, id: TaskId) {
        let Checked::Asked { takes, .. } = self.character(id).check else { panic!("{id:?} is not asked") };
        assert!(self.beings.values().any(|being| being.task == Some(id)), "{id:?} does not run");
        assert_eq!(self.stop_began, None, "{id:?} is asked after a stop began");
        let at = takes.map_or(u64::MAX, |takes| self.now + takes);
        let record = &mut self.records[id.0];
        assert!(record.is_checked && !record.is_ready && record.asked.is_none(), "{id:?} is asked in vain");
        record.asked = Some(at);
    }

    fn spawn(&mut self, id: TaskId) {
        assert_eq!(self.stop_began, None, "{id:?} was started after a stop began");
        self.check_order(id);
        self.check_policy(id);
        let character = self.character(id).clone();
        let now = self.now;
        let record = &mut self.records[id.0];
        let is_first = record.starts == 0;
        record.starts += 1;
        record.started = now;
        if (is_first && character.fails_to_start) || (!is_first && character.fails_to_restart) {
            self.note_end(id, ExitReason::Exited(126));
            self.tell(Event::SpawnFailed(id, 126));
            return;
        }
        record.is_ready = matches!(character.check, Checked::Not);
        record.is_checked = !record.is_ready;
        let exit = if is_first { character.exits_at } else { character.later };
        let dies = exit.map(|(after, status)| (now + after, ExitReason::Exited(status)));
        let pid = self.next_pid();
        self.beings.insert(
            pid,
            SimProcess {
                task: Some(id),
                parent: None,
                group: pid,
                manners: character.manners,
                undying: character.undying,
                dies,
                was_killed: false,
            },
        );
        for manners in character.descendants {
            let being = SimProcess {
                task: None,
                parent: Some(pid),
                group: pid,
                manners,
                undying: false,
                dies: None,
                was_killed: false,
            };
            let child = self.next_pid();
            self.beings.insert(child, being);
        }
        self.tell(Event::Spawned(id, pid, SignalSet::EMPTY));
    }

    /// Whatever it comes after runs and is ready.
    fn check_order(&self, id: TaskId) {
        let first = self.scenario.setup.len();
        let Some(process) = id.0.checked_sub(first) else { return };
        for other in self.scenario.after(process).into_iter().map(|other| TaskId(first + other)) {
            let runs = self.beings.values().any(|being| being.task == Some(other));
            assert!(runs && self.records[other.0].is_ready, "{id:?} did not wait for {other:?}");
        }
    }

    /// It is started for the first time, or its policy says so.
    fn check_policy(&mut self, id: TaskId) {
        assert!(self.beings.values().all(|being| being.task != Some(id)), "{id:?} runs twice");
        let policy = self.character(id).policy;
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
    }

    fn next_pid(&mut self) -> Pid {
        self.next_pid += 1;
        Pid::new(self.next_pid)
    }

    fn receive(&mut self, pid: Pid, signal: SignalNumber) {
        let now = self.now;
        let Some(being) = self.beings.get_mut(&pid) else { return };
        if being.undying {
            being.was_killed |= signal == SignalNumber::KILL;
            return;
        }
        let death = match (signal, being.manners) {
            (SignalNumber::KILL, _) => {
                being.was_killed = true;
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
        if being.dies.is_none_or(|(at, earlier)| (at, rank(earlier)) > (death.0, rank(death.1))) {
            being.dies = Some(death);
        }
    }

    /// What has to be true when a run is over.
    fn check_end(&self) {
        for (index, record) in self.records.iter().enumerate() {
            assert!(!record.is_checked, "the check of {index} has not been ended");
        }
        for (pid, being) in &self.beings {
            assert!(being.was_killed, "{pid} was left behind and never sent KILL");
        }
        // Every bound of the stop, and what follows a kill, twice: for a process's own and for all.
        let own = self
            .scenario
            .setup
            .iter()
            .chain(&self.scenario.processes)
            .filter_map(|character| character.stop_timeout);
        let whole = match self.scenario.grace {
            Grace::ByCause => Timeout::Never,
            Grace::Fixed(limit) => limit,
        };
        let bounds: Option<Vec<Duration>> = own
            .chain([whole])
            .map(|limit| if let Timeout::After(duration) = limit { Some(duration) } else { None })
            .collect();
        if let (Some(bounds), Some(began)) = (bounds, self.stop_began) {
            let longest = bounds.into_iter().max().unwrap_or_default() + Duration::from_secs(4);
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
    /// comes after is ready, or again where its policy does not say so; nothing is sent to a pid that was reaped; no
    /// check outlives the run; whoever is left was sent KILL; and all of it within the bounds of the stop.
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
