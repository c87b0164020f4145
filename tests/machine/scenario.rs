//! Random worlds: processes that obey, ignore, linger, come back, wait for each other and leave orphans.

use std::num::NonZeroU32;
use std::time::Duration;

use monofy::plan::{Restart, Timeout};
use monofy::supervisor::Grace;
use proptest::prelude::*;

/// What a process does when it is asked to stop.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Behaviour {
    DiesOfIt { after: u64 },
    Exits { after: u64, status: u8 },
    Ignores,
}

#[derive(Clone, Debug)]
pub(crate) struct Character {
    pub(crate) exits_at: Option<(u64, u8)>,
    pub(crate) manners: Behaviour,
    /// In the D state: no signal ends it, not even SIGKILL.
    pub(crate) undying: bool,
    /// What it leaves behind.
    pub(crate) descendants: Vec<Behaviour>,
    pub(crate) stop_signal: Option<u32>,
    pub(crate) stop_timeout: Option<Timeout>,
    pub(crate) fails_to_start: bool,
    pub(crate) policy: Restart,
    /// How its later lives end.
    pub(crate) later: Option<(u64, u8)>,
    pub(crate) fails_to_restart: bool,
    pub(crate) check: Checked,
}

/// When a process turns out to be ready after its start, if ever.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Checked {
    Not,
    Told {
        after: Option<u64>,
    },
    /// An answer takes so long, and may never come.
    Asked {
        after: Option<u64>,
        takes: Option<u64>,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) setup: Vec<Character>,
    pub(crate) processes: Vec<Character>,
    /// For each process the bits of those that it comes after.
    pub(crate) after: Vec<u8>,
    /// Whether it comes after others behind it, or in front of it.
    pub(crate) is_backward: bool,
    pub(crate) signals: Vec<(u64, u32, bool)>,
    pub(crate) grace: Grace,
    pub(crate) is_terminal: bool,
    pub(crate) is_program_missing: bool,
}

/// Times are coarse, so that things often happen at once.
fn time() -> impl Strategy<Value = u64> {
    (0_u64..60).prop_map(|steps| steps * 100)
}

fn manners() -> impl Strategy<Value = Behaviour> {
    prop_oneof![
        3 => time().prop_map(|after| Behaviour::DiesOfIt { after: after / 4 }),
        3 => (time(), 0_u8..4).prop_map(|(after, status)| Behaviour::Exits { after: after / 4, status }),
        1 => Just(Behaviour::Ignores),
    ]
}

fn limit() -> impl Strategy<Value = Timeout> {
    prop_oneof![4 => time().prop_map(|ms| Timeout::After(Duration::from_millis(ms))), 1 => Just(Timeout::Never)]
}

fn exit() -> impl Strategy<Value = Option<(u64, u8)>> {
    prop::option::weighted(0.5, (time(), 0_u8..4))
}

fn policy() -> impl Strategy<Value = Restart> {
    prop_oneof![
        4 => Just(Restart::No),
        2 => (1_u32..4).prop_map(|attempts| Restart::OnFailure(NonZeroU32::new(attempts))),
        1 => Just(Restart::OnFailure(None)),
        1 => Just(Restart::Always),
    ]
}

fn check() -> impl Strategy<Value = Checked> {
    let after = || prop::option::weighted(0.8, time());
    let takes = prop::option::weighted(0.8, time().prop_map(|time| time / 4));
    prop_oneof![
        3 => Just(Checked::Not),
        1 => after().prop_map(|after| Checked::Told { after }),
        1 => (after(), takes).prop_map(|(after, takes)| Checked::Asked { after, takes }),
    ]
}

/// A setup command.
fn command() -> impl Strategy<Value = Character> {
    let exit = (time(), prop_oneof![6 => Just(0_u8), 1 => 1_u8..3]).prop_map(Some);
    character(exit, Just(Restart::No), Just(Checked::Not))
}

fn process() -> impl Strategy<Value = Character> {
    character(exit(), policy(), check())
}

fn character(
    exits: impl Strategy<Value = Option<(u64, u8)>>,
    policy: impl Strategy<Value = Restart>,
    check: impl Strategy<Value = Checked>,
) -> impl Strategy<Value = Character> {
    let stop_signal = prop::option::weighted(0.2, prop::sample::select(vec![1_u32, 2, 3, 9, 12, 15]));
    let stop_timeout = prop::option::weighted(0.2, limit());
    let descendants = prop::collection::vec(manners(), 0..3);
    let start = (prop::bool::weighted(0.03), prop::bool::weighted(0.1));
    let again = (policy, exit(), check);
    (exits, manners(), prop::bool::weighted(0.05), descendants, stop_signal, stop_timeout, start, again)
        .prop_map(|(exits_at, manners, undying, descendants, stop_signal, stop_timeout, start, again)| {
            Character {
                exits_at,
                manners,
                undying,
                descendants,
                stop_signal,
                stop_timeout,
                fails_to_start: start.0,
                policy: again.0,
                later: again.1,
                fails_to_restart: start.1,
                check: again.2,
            }
        })
}

pub(crate) fn scenario() -> impl Strategy<Value = Scene> {
    let signal = (time(), prop::sample::select(vec![15_u32, 2, 3, 1, 10, 18, 20, 34]), any::<bool>());
    let grace = prop_oneof![1 => Just(Grace::ByCause), 2 => limit().prop_map(Grace::Fixed)];
    let after = prop_oneof![1 => Just(vec![0; 4]), 1 => prop::collection::vec(0_u8..16, 4)];
    (
        prop::collection::vec(command(), 0..3),
        prop::collection::vec(process(), 1..5),
        (after, any::<bool>()),
        prop::collection::vec(signal, 0..4),
        grace,
        any::<bool>(),
        prop::bool::weighted(0.03),
    )
        .prop_map(
            |(setup, processes, (after, is_backward), signals, grace, is_terminal, is_program_missing)| {
                Scene {
                    setup,
                    processes,
                    after,
                    is_backward,
                    signals,
                    grace,
                    is_terminal,
                    is_program_missing,
                }
            },
        )
}

impl Scene {
    /// The processes that this one comes after: without cycles, since all lie on one side of it.
    pub(crate) fn after(&self, process: usize) -> Vec<usize> {
        let is_on_its_side =
            |other: &usize| if self.is_backward { *other > process } else { *other < process };
        let is_chosen = |other: &usize| self.after[process] & (1 << other) != 0;
        (0..self.processes.len()).filter(is_on_its_side).filter(is_chosen).collect()
    }
}

/// Whether a process ends the run by itself: it waits for nobody, and comes back for a while only.
fn ends_the_run(scenario: &Scene, process: usize) -> bool {
    let character = &scenario.processes[process];
    let succeeds = |exit: Option<(u64, u8)>| exit.is_some_and(|(_, status)| status == 0);
    let Some(first) = character.exits_at else { return false };
    scenario.after(process).is_empty()
        && match character.policy {
            Restart::No => true,
            // A signal that is passed on could turn a success into a failure.
            Restart::OnFailure(_) if succeeds(Some(first)) && scenario.signals.is_empty() => true,
            Restart::OnFailure(Some(_)) => character.fails_to_restart || character.later.is_some(),
            Restart::OnFailure(None) => {
                succeeds(character.later) && !character.fails_to_restart && scenario.signals.is_empty()
            }
            Restart::Always => false,
        }
}

/// In a world where nobody ever has to die and nobody limits the wait, the run rightly goes on for ever.
pub(crate) fn can_end(scenario: &Scene) -> bool {
    let bound = |limit: &Timeout| matches!(limit, Timeout::After(_));
    let is_limited = matches!(scenario.grace, Grace::Fixed(Timeout::After(_)));
    let all = || scenario.setup.iter().chain(&scenario.processes);
    let something_happens = scenario.signals.iter().any(|(_, number, _)| [15, 2, 3].contains(number))
        || (0..scenario.processes.len()).any(|process| ends_the_run(scenario, process));
    let obeys = |manners: &Behaviour| !matches!(manners, Behaviour::Ignores);
    let is_polite = all().all(|character| {
        let dies = obeys(&character.manners) && !character.undying;
        dies && character.descendants.iter().all(obeys)
    });
    let is_bounded = is_limited && all().all(|character| character.stop_timeout.as_ref().is_none_or(bound));
    something_happens && (is_polite || is_bounded)
}
