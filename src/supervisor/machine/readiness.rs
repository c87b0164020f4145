//! Whether a process is ready (contract, 4.7).
//!
//! The machine decides when to probe and when to abandon a probe, so that readiness can be tested without processes;
//! how a probe is done is the event loop's part.

use std::time::Duration;

use crate::supervisor::machine::tick::Tick;

/// When a process that is not ready is named first, and how often after that.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(60));

/// How it is found out whether a process is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadinessCheck {
    /// The process reports it by itself.
    Passive,
    /// It is probed again and again.
    Polled(ProbeInterval),
}

/// How often a check is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeInterval {
    /// The first pause; each later one is twice as long.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// How long one probe may take.
    pub limit: Duration,
}

/// The result of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeResult {
    /// The check has succeeded.
    Ready,
    /// It has not succeeded yet.
    NotYet,
}

/// Whether a process is ready.
#[derive(Clone, Copy, Debug)]
pub(in crate::supervisor) enum Readiness {
    /// It does not run, or its readiness no longer matters.
    Unknown,
    /// Not yet.
    Awaited { since: Tick, report_at: Tick, probing: Probing },
    /// It is ready.
    Ready,
}

/// The state of the probe of one process.
#[derive(Clone, Copy, Debug)]
pub(in crate::supervisor) enum Probing {
    /// The process will report by itself.
    Listening,
    /// The next probe is at `until`.
    Pausing { until: Tick, pause: Duration, interval: ProbeInterval },
    /// A probe is under way.
    UnderWay { since: Tick, pause: Duration, interval: ProbeInterval },
}

/// What is due for a process that is not ready.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::supervisor) struct Due {
    pub(in crate::supervisor) step: Option<ProbeStep>,
    /// For how long it has not been ready, if that is to be reported.
    pub(in crate::supervisor) overdue: Option<Duration>,
}

/// A step of polling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum ProbeStep {
    Probe,
    Abandon,
}

impl Readiness {
    /// The readiness of a process that was just started.
    pub(in crate::supervisor) fn at_start(check: Option<ReadinessCheck>, now: Tick) -> Self {
        let probing = match check {
            None => return Self::Ready,
            Some(ReadinessCheck::Passive) => Probing::Listening,
            Some(ReadinessCheck::Polled(interval)) => {
                Probing::Pausing { until: now.plus(interval.first), pause: interval.first, interval }
            }
        };
        Self::Awaited { since: now, report_at: now.plus(PATIENCE.0), probing }
    }

    /// The state of a check that does not wait for a process to start, and so is asked at once.
    pub(in crate::supervisor) fn asked_at_once(interval: ProbeInterval, now: Tick) -> Self {
        let probing = Probing::Pausing { until: now, pause: interval.first, interval };
        Self::Awaited { since: now, report_at: now.plus(PATIENCE.0), probing }
    }

    pub(in crate::supervisor) fn is_ready(self) -> bool {
        matches!(self, Self::Ready)
    }

    pub(in crate::supervisor) fn is_awaited(self) -> bool {
        matches!(self, Self::Awaited { .. })
    }

    /// When something is due even if nothing happens.
    pub(in crate::supervisor) fn deadline(self) -> Option<Tick> {
        let Self::Awaited { report_at, probing, .. } = self else { return None };
        let probe_at = match probing {
            Probing::Listening => return Some(report_at),
            Probing::Pausing { until, .. } => until,
            Probing::UnderWay { since, interval, .. } => since.plus(interval.limit),
        };
        Some(report_at.min(probe_at))
    }

    /// The last probe failed or was abandoned: pauses until the next one.
    pub(in crate::supervisor) fn probe_later(&mut self, now: Tick) {
        if let Self::Awaited { probing, .. } = self
            && let Probing::UnderWay { pause, interval, .. } = *probing
        {
            let pause = (pause * 2).min(interval.longest);
            *probing = Probing::Pausing { until: now.plus(pause), pause, interval };
        }
    }

    /// Takes the steps that are due, and returns them.
    pub(in crate::supervisor) fn advance(&mut self, now: Tick) -> Due {
        let Self::Awaited { since, report_at, probing } = self else { return Due::default() };
        let overdue = (now >= *report_at).then(|| now.since(*since));
        if overdue.is_some() {
            *report_at = now.plus(PATIENCE.1);
        }
        let step = match *probing {
            Probing::Pausing { until, pause, interval } if now >= until => {
                *probing = Probing::UnderWay { since: now, pause, interval };
                Some(ProbeStep::Probe)
            }
            Probing::UnderWay { since, interval, .. } if now >= since.plus(interval.limit) => {
                self.probe_later(now);
                Some(ProbeStep::Abandon)
            }
            Probing::Listening | Probing::Pausing { .. } | Probing::UnderWay { .. } => None,
        };
        Due { step, overdue }
    }
}
