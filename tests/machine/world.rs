//! A fake world: processes that obey, ignore, linger and leave orphans, driven by the machine's actions. What
//! has to hold in every world is checked in thousands of random ones.

use std::collections::BTreeMap;
use std::time::Duration;

use monofy::exit::Death;
use monofy::plan::Limit;
use monofy::signal::{SignalNumber, SignalSet};
use monofy::supervise::{
    Action, Children, Event, Grace, Machine, Notice, Rules, Seat, Task, TaskId, Tick, Wake,
};
use monofy::sys::process::Pid;
use monofy::sys::signals::{Origin, Received};
use monofy::sys::spawn::Grouping;
use proptest::prelude::*;

/// What a process does when it is asked to stop.
#[derive(Clone, Copy, Debug)]
enum Manners {
    DiesOfIt { after: u64 },
    Exits { after: u64, status: u8 },
    Ignores,
}

#[derive(Clone, Debug)]
struct Character {
    exits_at: Option<(u64, u8)>,
    manners: Manners,
    /// In the D state: no signal ends it, not even SIGKILL.
    undying: bool,
    /// What it leaves behind.
    descendants: Vec<Manners>,
    stop_signal: Option<u32>,
    stop_timeout: Option<Limit>,
    fails_to_start: bool,
}

#[derive(Clone, Debug)]
struct Scene {
    setup: Vec<Character>,
    processes: Vec<Character>,
    signals: Vec<(u64, u32, bool)>,
    grace: Grace,
    is_terminal: bool,
    is_program_missing: bool,
}

/// Times are coarse, so that things often happen at once.
fn time() -> impl Strategy<Value = u64> {
    (0_u64..60).prop_map(|steps| steps * 100)
}

fn manners() -> impl Strategy<Value = Manners> {
    prop_oneof![
        3 => time().prop_map(|after| Manners::DiesOfIt { after: after / 4 }),
        3 => (time(), 0_u8..4).prop_map(|(after, status)| Manners::Exits { after: after / 4, status }),
        1 => Just(Manners::Ignores),
    ]
}

fn limit() -> impl Strategy<Value = Limit> {
    prop_oneof![4 => time().prop_map(|ms| Limit::After(Duration::from_millis(ms))), 1 => Just(Limit::Never)]
}

fn character(exits: impl Strategy<Value = Option<(u64, u8)>>) -> impl Strategy<Value = Character> {
    let stop_signal = prop::option::weighted(0.2, prop::sample::select(vec![1_u32, 2, 3, 9, 12, 15]));
    let stop_timeout = prop::option::weighted(0.2, limit());
    let descendants = prop::collection::vec(manners(), 0..3);
    (
        exits,
        manners(),
        prop::bool::weighted(0.05),
        descendants,
        stop_signal,
        stop_timeout,
        prop::bool::weighted(0.03),
    )
        .prop_map(
            |(exits_at, manners, undying, descendants, stop_signal, stop_timeout, fails_to_start)| {
                Character {
                    exits_at,
                    manners,
                    undying,
                    descendants,
                    stop_signal,
                    stop_timeout,
                    fails_to_start,
                }
            },
        )
}

fn scene() -> impl Strategy<Value = Scene> {
    let setup = character((time(), prop_oneof![6 => Just(0_u8), 1 => 1_u8..3]).prop_map(Some));
    let process = character(prop::option::weighted(0.5, (time(), 0_u8..4)));
    let signal = (time(), prop::sample::select(vec![15_u32, 2, 3, 1, 10, 18, 20, 34]), any::<bool>());
    let grace = prop_oneof![1 => Just(Grace::ByCause), 2 => limit().prop_map(Grace::Fixed)];
    (
        prop::collection::vec(setup, 0..3),
        prop::collection::vec(process, 1..5),
        prop::collection::vec(signal, 0..4),
        grace,
        any::<bool>(),
        prop::bool::weighted(0.03),
    )
        .prop_map(|(setup, processes, signals, grace, is_terminal, is_program_missing)| Scene {
            setup,
            processes,
            signals,
            grace,
            is_terminal,
            is_program_missing,
        })
}

struct Being {
    task: Option<TaskId>,
    parent: Option<Pid>,
    manners: Manners,
    undying: bool,
    dies: Option<(u64, Death)>,
    was_killed: bool,
}

/// The world, the machine in it, and what was found out.
struct World {
    scene: Scene,
    machine: Machine,
    now: u64,
    beings: BTreeMap<Pid, Being>,
    next_pid: i32,
    signals: Vec<(u64, Received)>,
    stop_began: Option<u64>,
    finished: Option<u8>,
    shuffle: u64,
}

impl World {
    fn new(scene: &Scene, shuffle: u64) -> Self {
        let task = |character: &Character| {
            Task::new(character.stop_signal.and_then(SignalNumber::new), character.stop_timeout)
        };
        let grouping = if scene.is_terminal { Grouping::Shared } else { Grouping::Own };
        let rules = Rules { grace: scene.grace, seat: Seat { grouping, leads_session: false } };
        let setup = scene.setup.iter().map(task).collect();
        let machine = Machine::new(setup, scene.processes.iter().map(task).collect(), rules);
        let signals = scene.signals.iter().map(|(at, number, typed)| {
            let signal = SignalNumber::new(*number).unwrap();
            let is_typed = *typed && signal.comes_from_terminals();
            (*at, Received { signal, origin: if is_typed { Origin::Terminal } else { Origin::Process } })
        });
        Self {
            machine,
            now: 0,
            beings: BTreeMap::new(),
            next_pid: 100,
            signals: signals.collect(),
            stop_began: None,
            finished: None,
            scene: scene.clone(),
            shuffle,
        }
    }

    fn tick(&self) -> Tick {
        Tick::after(Duration::from_millis(self.now))
    }

    /// Runs to the end. Fails where something that may never happen does.
    fn run(mut self) -> (u8, u64) {
        for _ in 0..5000 {
            if let Some(status) = self.finished {
                self.check_end();
                return (status, self.now);
            }
            let wake = self.next_wake();
            self.tell(Event::Woke(&wake));
        }
        panic!("the run does not end; now {} ms, deadline {:?}", self.now, self.machine.deadline());
    }

    fn tell(&mut self, event: Event<'_>) {
        let mut actions = Vec::new();
        self.machine.handle(self.tick(), event, &mut actions);
        for action in actions {
            assert_eq!(self.finished, None, "{action:?} after Finish");
            self.carry_out(action);
        }
    }

    /// Lets time pass to whatever comes next, and sees all that happens then at once, in any order.
    fn next_wake(&mut self) -> Wake {
        let deadline =
            self.machine.deadline().map(|tick| u64::try_from(tick.since(Tick::ZERO).as_millis()).unwrap());
        let deaths =
            self.beings.values().filter(|being| being.parent.is_none()).filter_map(|being| being.dies);
        let deaths = deaths.map(|(at, _)| at).chain(self.signals.iter().map(|(at, _)| *at));
        let inner =
            self.beings.values().filter(|being| being.parent.is_some()).filter_map(|being| being.dies);
        let next = deaths.chain(inner.map(|(at, _)| at)).chain(deadline).min();
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

    /// A terminal signals the whole group itself.
    fn arrive(&mut self, received: Received) {
        if received.origin == Origin::Terminal && self.scene.is_terminal {
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
    fn reap(&mut self) -> Vec<(Pid, Death)> {
        let mut seen = Vec::new();
        loop {
            let is_dead = |being: &Being| being.dies.is_some_and(|(at, _)| at <= self.now);
            let Some(pid) = self.beings.iter().find(|(_, being)| is_dead(being)).map(|(pid, _)| *pid) else {
                return seen;
            };
            let being = self.beings.remove(&pid).unwrap();
            self.beings
                .values_mut()
                .filter(|child| child.parent == Some(pid))
                .for_each(|child| child.parent = None);
            if let (None, Some((_, death))) = (being.parent, being.dies) {
                seen.push((pid, death));
            }
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
            Action::LookUpPrograms => {
                let result = if self.scene.is_program_missing { Err(127) } else { Ok(()) };
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
            Action::StopSelf(_) | Action::Tell(_) => {}
            Action::Finish(status) => self.finished = Some(status),
        }
    }

    fn below(&self, root: Option<Pid>, sparing: &[Pid]) -> Vec<Pid> {
        let children =
            self.beings.iter().filter(|(pid, being)| being.parent == root && !sparing.contains(pid));
        let children: Vec<Pid> = children.map(|(pid, _)| *pid).collect();
        children.into_iter().flat_map(|pid| self.below(Some(pid), sparing).into_iter().chain([pid])).collect()
    }

    fn spawn(&mut self, id: TaskId) {
        assert_eq!(self.stop_began, None, "{id:?} was started after a stop began");
        let character = self.scene.setup.iter().chain(&self.scene.processes).nth(id.0).unwrap().clone();
        if character.fails_to_start {
            self.tell(Event::SpawnFailed(id, 126));
            return;
        }
        let dies = character.exits_at.map(|(after, status)| (self.now + after, Death::Exited(status)));
        let pid = self.bear(Being {
            task: Some(id),
            parent: None,
            manners: character.manners,
            undying: character.undying,
            dies,
            was_killed: false,
        });
        for manners in character.descendants {
            self.bear(Being {
                task: None,
                parent: Some(pid),
                manners,
                undying: false,
                dies: None,
                was_killed: false,
            });
        }
        self.tell(Event::Spawned(id, pid, SignalSet::EMPTY));
    }

    fn bear(&mut self, being: Being) -> Pid {
        self.next_pid += 1;
        let pid = Pid::new(self.next_pid);
        self.beings.insert(pid, being);
        pid
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
                (now, Death::Killed(signal))
            }
            (SignalNumber::CONT | SignalNumber::TSTP, _) | (_, Manners::Ignores) => return,
            (_, Manners::DiesOfIt { after }) => (now + after, Death::Killed(signal)),
            (_, Manners::Exits { after, status }) => (now + after, Death::Exited(status)),
        };
        // Of two signals that wait for it, a process takes the lower first, and SIGKILL before all (signal(7)).
        let rank = |death: Death| match death {
            Death::Killed(SignalNumber::KILL) => 0,
            Death::Killed(signal) => signal.get(),
            Death::Exited(_) | Death::Lost => 65,
        };
        if being.dies.is_none_or(|(at, earlier)| (at, rank(earlier)) > (death.0, rank(death.1))) {
            being.dies = Some(death);
        }
    }

    /// What has to be true when a run is over.
    fn check_end(&self) {
        for (pid, being) in &self.beings {
            assert!(being.was_killed, "{pid} was left behind and never sent KILL");
        }
        // Every bound of the stop, and what follows a kill, twice: for a process's own and for all.
        let own = self
            .scene
            .setup
            .iter()
            .chain(&self.scene.processes)
            .filter_map(|character| character.stop_timeout);
        let whole = match self.scene.grace {
            Grace::ByCause => Limit::Never,
            Grace::Fixed(limit) => limit,
        };
        let bounds: Option<Vec<Duration>> = own
            .chain([whole])
            .map(|limit| if let Limit::After(duration) = limit { Some(duration) } else { None })
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

/// In a world where nobody ever has to die and nobody limits the wait, the run rightly goes on for ever.
fn can_end(scene: &Scene) -> bool {
    let bound = |limit: &Limit| matches!(limit, Limit::After(_));
    let is_limited = matches!(scene.grace, Grace::Fixed(Limit::After(_)));
    let all = || scene.setup.iter().chain(&scene.processes);
    let something_happens = scene.signals.iter().any(|(_, number, _)| [15, 2, 3].contains(number))
        || scene.processes.iter().any(|character| character.exits_at.is_some());
    let obeys = |manners: &Manners| !matches!(manners, Manners::Ignores);
    let is_polite = all().all(|character| {
        let dies = obeys(&character.manners) && !character.undying;
        dies && character.descendants.iter().all(obeys)
    });
    let is_bounded = is_limited && all().all(|character| character.stop_timeout.as_ref().is_none_or(bound));
    something_happens && (is_polite || is_bounded)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3000,
        max_local_rejects: u32::MAX,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// It ends; Finish comes once and last; nothing is started after a stop began; nothing is sent to a pid that
    /// was reaped; whoever is left was sent KILL; and all of it within the bounds of the stop.
    #[test]
    fn every_run_ends_as_the_contract_wants(scene in scene().prop_filter("it can end", can_end)) {
        World::new(&scene, 1).run();
    }

    #[test]
    fn the_status_does_not_depend_on_the_order_of_simultaneous_events(
        scene in scene().prop_filter("it can end", can_end),
        shuffle in any::<u64>(),
    ) {
        prop_assert_eq!(World::new(&scene, 1).run(), World::new(&scene, shuffle).run());
    }
}
