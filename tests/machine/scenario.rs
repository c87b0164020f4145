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
#[expect(clippy::struct_excessive_bools, reason = "each is drawn at random, independent of the others")]
pub(crate) struct Profile {
    pub(crate) exits_at: Option<(u64, u8)>,
    pub(crate) behaviour: Behaviour,
    /// In the D state: no signal ends it, not even SIGKILL.
    pub(crate) unkillable: bool,
    /// What it leaves behind.
    pub(crate) descendants: Vec<Behaviour>,
    pub(crate) stop_signal: Option<u32>,
    pub(crate) stop_timeout: Option<Timeout>,
    pub(crate) fails_to_start: bool,
    pub(crate) policy: Restart,
    /// How its later lives end.
    pub(crate) later: Option<(u64, u8)>,
    pub(crate) fails_to_restart: bool,
    pub(crate) check: SimCheck,
    /// Its `--wait` checks.
    pub(crate) waits: Vec<SimWait>,
    /// Whether its success ends nothing.
    pub(crate) is_once: bool,
    /// Whether what it creates exists, if it creates anything.
    pub(crate) creates: Option<bool>,
    /// A signal, and what it gets instead; 0 is none.
    pub(crate) rewrite: Option<(u32, u32)>,
}

/// When a process turns out to be ready after its start, if ever.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SimCheck {
    None,
    Passive {
        after: Option<u64>,
    },
    /// An answer takes so long, and may never come.
    Polled {
        after: Option<u64>,
        takes: Option<u64>,
    },
}

/// From when on a check of something elsewhere succeeds, if ever, and how long an answer takes; it may never come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SimWait {
    pub(crate) from: Option<u64>,
    pub(crate) takes: Option<u64>,
}

impl SimWait {
    /// Whether it succeeds in the end: an answer that takes longer than a second is not waited for.
    fn succeeds(self) -> bool {
        self.from.is_some() && self.takes.is_some_and(|takes| takes <= 1000)
    }
}

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is drawn at random, independent of the others")]
pub(crate) struct Scenario {
    pub(crate) setup: Vec<Profile>,
    pub(crate) processes: Vec<Profile>,
    /// For each process the bits of those that it comes after.
    pub(crate) after: Vec<u8>,
    /// Whether it comes after others behind it, or in front of it.
    pub(crate) is_backward: bool,
    pub(crate) signals: Vec<(u64, u32, bool)>,
    pub(crate) grace: Grace,
    pub(crate) start_timeout: Option<u64>,
    pub(crate) is_terminal: bool,
    pub(crate) is_program_missing: bool,
    /// Whether monofy inherited INT and QUIT as ignored.
    pub(crate) ignores_interrupts: bool,
}

/// Times are coarse, so that things often happen at once.
fn time() -> impl Strategy<Value = u64> {
    (0_u64..60).prop_map(|steps| steps * 100)
}

fn behaviour() -> impl Strategy<Value = Behaviour> {
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

fn check() -> impl Strategy<Value = SimCheck> {
    let after = || prop::option::weighted(0.8, time());
    let takes = prop::option::weighted(0.8, time().prop_map(|time| time / 4));
    prop_oneof![
        3 => Just(SimCheck::None),
        1 => after().prop_map(|after| SimCheck::Passive { after }),
        1 => (after(), takes).prop_map(|(after, takes)| SimCheck::Polled { after, takes }),
    ]
}

fn waits() -> impl Strategy<Value = Vec<SimWait>> {
    let from = prop::option::weighted(0.8, time());
    let takes = prop::option::weighted(0.8, time().prop_map(|time| time / 4));
    let wait = (from, takes).prop_map(|(from, takes)| SimWait { from, takes });
    prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(wait, 1..3)]
}

/// A setup command.
fn command() -> impl Strategy<Value = Profile> {
    let exit = || (time(), prop_oneof![6 => Just(0_u8), 1 => 1_u8..3]).prop_map(Some);
    let restarts = (1_u32..4).prop_map(|attempts| Restart::OnFailure(NonZeroU32::new(attempts)));
    let policy = prop_oneof![2 => Just(Restart::No), 1 => restarts];
    (profile(exit(), policy, Just(SimCheck::None)), exit()).prop_map(|(profile, later)| Profile {
        later,
        is_once: false,
        ..profile
    })
}

fn process() -> impl Strategy<Value = Profile> {
    profile(exit(), policy(), check()).prop_map(|profile| {
        let is_once =
            profile.is_once && profile.policy != Restart::Always && matches!(profile.check, SimCheck::None);
        Profile { is_once, ..profile }
    })
}

fn profile(
    exits: impl Strategy<Value = Option<(u64, u8)>>,
    policy: impl Strategy<Value = Restart>,
    check: impl Strategy<Value = SimCheck>,
) -> impl Strategy<Value = Profile> {
    let stop_signal = prop::option::weighted(0.2, prop::sample::select(vec![1_u32, 2, 3, 9, 12, 15]));
    let stop_timeout = prop::option::weighted(0.2, limit());
    let descendants = prop::collection::vec(behaviour(), 0..3);
    let start = (prop::bool::weighted(0.03), prop::bool::weighted(0.1));
    let again = (policy, exit(), check, waits());
    let special = (
        prop::bool::weighted(0.25),
        prop::option::weighted(0.15, any::<bool>()),
        prop::option::weighted(
            0.15,
            prop::sample::select(vec![(15_u32, 3_u32), (15, 1), (1, 15), (10, 12), (2, 0), (1, 0)]),
        ),
    );
    (
        exits,
        behaviour(),
        prop::bool::weighted(0.05),
        descendants,
        stop_signal,
        stop_timeout,
        (start, special),
        again,
    )
        .prop_map(
            |(
                exits_at,
                behaviour,
                unkillable,
                descendants,
                stop_signal,
                stop_timeout,
                (start, special),
                again,
            )| {
                Profile {
                    exits_at,
                    behaviour,
                    unkillable,
                    descendants,
                    stop_signal,
                    stop_timeout,
                    fails_to_start: start.0,
                    policy: again.0,
                    later: again.1,
                    fails_to_restart: start.1,
                    check: again.2,
                    waits: again.3,
                    is_once: special.0,
                    creates: special.1,
                    rewrite: special.2,
                }
            },
        )
}

pub(crate) fn scenario() -> impl Strategy<Value = Scenario> {
    let signal = (time(), prop::sample::select(vec![15_u32, 2, 3, 1, 10, 18, 20, 34]), any::<bool>());
    let grace = prop_oneof![1 => Just(Grace::ByCause), 2 => limit().prop_map(Grace::Fixed)];
    let after = prop_oneof![1 => Just(vec![0; 4]), 1 => prop::collection::vec(0_u8..16, 4)];
    (
        prop::collection::vec(command(), 0..3),
        prop::collection::vec(process(), 1..5),
        (after, any::<bool>()),
        prop::collection::vec(signal, 0..4),
        (grace, prop::option::weighted(0.25, time().prop_map(|time| time + 100))),
        any::<bool>(),
        (prop::bool::weighted(0.03), prop::bool::weighted(0.1)),
    )
        .prop_map(
            |(
                setup,
                processes,
                (after, is_backward),
                signals,
                (grace, start_timeout),
                is_terminal,
                (is_program_missing, ignores_interrupts),
            )| {
                Scenario {
                    setup,
                    processes,
                    after,
                    is_backward,
                    signals,
                    grace,
                    start_timeout,
                    is_terminal,
                    is_program_missing,
                    ignores_interrupts,
                }
            },
        )
}

impl Scenario {
    /// The processes that this one comes after: without cycles, since all lie on one side of it.
    pub(crate) fn after(&self, process: usize) -> Vec<usize> {
        let is_on_its_side =
            |other: &usize| if self.is_backward { *other > process } else { *other < process };
        let is_chosen = |other: &usize| self.after[process] & (1 << other) != 0;
        (0..self.processes.len()).filter(is_on_its_side).filter(is_chosen).collect()
    }
}

/// Whether a process ends the run by itself: it waits for nobody, and comes back for a while only.
fn ends_the_run(scenario: &Scenario, process: usize) -> bool {
    let profile = &scenario.processes[process];
    let succeeds = |exit: Option<(u64, u8)>| exit.is_some_and(|(_, status)| status == 0);
    let Some(first) = profile.exits_at else { return false };
    let is_held = !profile.waits.iter().all(|wait| wait.succeeds());
    if profile.creates == Some(true) || !scenario.after(process).is_empty() || is_held {
        return false;
    }
    if profile.is_once {
        // A signal that is passed on could turn a failure into a success.
        let fails = !succeeds(Some(first)) && profile.policy == Restart::No;
        return fails && scenario.signals.is_empty();
    }
    let comes_back = scenario.leftovers_end(profile);
    match profile.policy {
        Restart::No => true,
        // A signal that is passed on could turn a success into a failure.
        Restart::OnFailure(_) if succeeds(Some(first)) && scenario.signals.is_empty() => true,
        Restart::OnFailure(Some(_)) => comes_back && (profile.fails_to_restart || profile.later.is_some()),
        Restart::OnFailure(None) => {
            comes_back && succeeds(profile.later) && !profile.fails_to_restart && scenario.signals.is_empty()
        }
        Restart::Always => false,
    }
}

/// Whether the run is over when all of its processes have done their work.
fn completes(scenario: &Scenario) -> bool {
    let succeeds = |profile: &Profile| {
        let is_held = !profile.waits.iter().all(|wait| wait.succeeds());
        !is_held && profile.is_once && profile.exits_at.is_some_and(|(_, status)| status == 0)
    };
    scenario.signals.is_empty()
        && scenario.processes.iter().all(|profile| profile.creates == Some(true) || succeeds(profile))
}

impl Scenario {
    /// How long what a command left behind may take before it is killed; `None` is for ever.
    pub(crate) fn leftover_limit(&self, profile: &Profile) -> Option<Duration> {
        let whole = match self.grace {
            Grace::Fixed(limit) => limit,
            Grace::ByCause => Timeout::After(Duration::from_secs(10)),
        };
        match profile.stop_timeout.unwrap_or(whole) {
            Timeout::After(limit) => Some(limit),
            Timeout::Never => None,
        }
    }

    fn leftovers_end(&self, profile: &Profile) -> bool {
        let obeys = |behaviour: &Behaviour| !matches!(behaviour, Behaviour::Ignores);
        self.leftover_limit(profile).is_some() || profile.descendants.iter().all(obeys)
    }
}

/// In a world where nobody ever has to die and nobody limits the wait, the run rightly goes on for ever.
pub(crate) fn can_end(scenario: &Scenario) -> bool {
    let bound = |limit: &Timeout| matches!(limit, Timeout::After(_));
    let is_limited = matches!(scenario.grace, Grace::Fixed(Timeout::After(_)));
    let all = || scenario.setup.iter().chain(&scenario.processes);
    let stops: &[u32] = if scenario.ignores_interrupts { &[15] } else { &[15, 2, 3] };
    let is_stopped = scenario.signals.iter().any(|(_, number, _)| stops.contains(number));
    let is_held = |profile: &Profile| {
        profile.creates != Some(true) && !profile.waits.iter().all(|wait| wait.succeeds())
    };
    let comes_back = |command: &Profile| command.policy == Restart::No || scenario.leftovers_end(command);
    let setup_ends = scenario.setup.iter().all(|command| comes_back(command) && !is_held(command));
    let is_too_late = scenario.start_timeout.is_some() && all().any(is_held);
    let something_happens = is_stopped
        || is_too_late
        || (setup_ends
            && (completes(scenario)
                || (0..scenario.processes.len()).any(|process| ends_the_run(scenario, process))));
    let obeys = |behaviour: &Behaviour| !matches!(behaviour, Behaviour::Ignores);
    let is_polite = all().all(|profile| {
        let dies = obeys(&profile.behaviour) && !profile.unkillable;
        dies && profile.descendants.iter().all(obeys)
    });
    let is_bounded = is_limited && all().all(|profile| profile.stop_timeout.as_ref().is_none_or(bound));
    something_happens && (is_polite || is_bounded)
}
