//! Whether a process is ready, as the machine sees it (contract, 4.7).
//!
//! The machine says when to ask and when to give up on an answer, so that waiting for readiness is as testable as
//! all else; how one asks is not its business.

use std::time::Duration;

use crate::plan::TaskId;
use crate::supervisor::machine::action::Action;
use crate::supervisor::machine::event::Tick;

/// After how long a process that is not ready yet is named, and how often from then on.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(60));

/// How it is found out whether a process is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// It tells by itself, when it likes.
    Told,
    /// It is asked again and again.
    Asked(ProbeInterval),
}

/// How often a process is asked whether it is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeInterval {
    /// The first pause, which doubles.
    pub first: Duration,
    /// The longest.
    pub longest: Duration,
    /// How long an answer may take.
    pub limit: Duration,
}

/// What a check has found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeResult {
    /// The process is ready.
    Ready,
    /// It is not yet.
    NotYet,
}

/// Whether a process is ready.
#[derive(Clone, Copy, Debug)]
pub(in crate::supervisor) enum Readiness {
    /// It does not run, or nobody asks any more.
    Unknown,
    /// Not yet.
    Awaited { since: Tick, named: Tick, asking: Asking },
    /// It is.
    Ready,
}

#[derive(Clone, Copy, Debug)]
pub(in crate::supervisor) enum Asking {
    /// It will tell.
    Listening,
    /// It will be asked then.
    Pausing { until: Tick, pause: Duration, pace: ProbeInterval },
    /// It was asked.
    UnderWay { since: Tick, pause: Duration, pace: ProbeInterval },
}

impl Readiness {
    /// Of a process that was just started.
    pub(in crate::supervisor) fn at_start(check: Option<Check>, now: Tick) -> Self {
        let asking = match check {
            None => return Self::Ready,
            Some(Check::Told) => Asking::Listening,
            Some(Check::Asked(pace)) => {
                Asking::Pausing { until: now.plus(pace.first), pause: pace.first, pace }
            }
        };
        Self::Awaited { since: now, named: now.plus(PATIENCE.0), asking }
    }

    pub(in crate::supervisor) fn is_ready(self) -> bool {
        matches!(self, Self::Ready)
    }

    pub(in crate::supervisor) fn is_awaited(self) -> bool {
        matches!(self, Self::Awaited { .. })
    }

    /// When something is due though nothing may have happened.
    pub(in crate::supervisor) fn deadline(self) -> Option<Tick> {
        let Self::Awaited { named, asking, .. } = self else { return None };
        let asking = match asking {
            Asking::Listening => return Some(named),
            Asking::Pausing { until, .. } => until,
            Asking::UnderWay { since, pace, .. } => since.plus(pace.limit),
        };
        Some(named.min(asking))
    }

    /// What it was asked has been answered with no, or not at all.
    pub(in crate::supervisor) fn ask_later(&mut self, now: Tick) {
        if let Self::Awaited { asking, .. } = self
            && let Asking::UnderWay { pause, pace, .. } = *asking
        {
            let pause = (pause * 2).min(pace.longest);
            *asking = Asking::Pausing { until: now.plus(pause), pause, pace };
        }
    }

    /// Asks, or gives up on an answer, where that is due. Returns for how long it has not been ready, where that is
    /// to be told.
    pub(in crate::supervisor) fn advance(
        &mut self,
        now: Tick,
        id: TaskId,
        actions: &mut Vec<Action>,
    ) -> Option<Duration> {
        let Self::Awaited { since, named, asking } = self else { return None };
        let (since, is_due) = (*since, now >= *named);
        if is_due {
            *named = now.plus(PATIENCE.1);
        }
        match *asking {
            Asking::Pausing { until, pause, pace } if now >= until => {
                *asking = Asking::UnderWay { since: now, pause, pace };
                actions.push(Action::Ask(id));
            }
            Asking::UnderWay { since, pace, .. } if now >= since.plus(pace.limit) => {
                actions.push(Action::GiveUpAsking(id));
                self.ask_later(now);
            }
            Asking::Listening | Asking::Pausing { .. } | Asking::UnderWay { .. } => {}
        }
        is_due.then(|| now.since(since))
    }
}
