//! The time of a signal from its sender through a supervisor to a handler.

use std::ffi::OsString;

use crate::bench::Bench;
use crate::peer::Peer;
use crate::run::{OneCpu, numbers_printed};
use crate::table::{Table, Target, Unit};

const WHAT: [&str; 2] = [
    "a signal through it to a handler, on one CPU: median",
    "a signal through it to a handler, on one CPU: 99th percentile",
];
const SIGNALS: usize = 2000;
const ROUNDS: usize = 20;

pub fn measure(bench: &Bench, table: &mut Table) {
    let _one_cpu = OneCpu::new();
    let signals = bench.scratch().helper("signals");
    let process: &[&[&str]] = &[&[&signals, &SIGNALS.to_string()]];
    let lines: Vec<(Peer, Option<Vec<OsString>>)> =
        Peer::INITS.into_iter().map(|peer| (peer, bench.line_of(peer, process))).collect();
    let mut taken = vec![Taken::default(); lines.len()];
    let mut taken_by_us = Taken::default();
    for _ in 0..bench.rounds(ROUNDS) {
        taken_by_us.add(&bench.line(process));
        for ((_, line), taken) in lines.iter().zip(&mut taken) {
            if let Some(line) = line {
                taken.add(line);
            }
        }
    }
    for ((peer, _), taken) in lines.iter().zip(&taken) {
        let target = if *peer == Peer::Catatonit { Target::Ratio(1.0) } else { Target::None };
        for (what, (ours, theirs)) in WHAT.into_iter().zip(taken_by_us.0.iter().zip(&taken.0)) {
            if theirs.is_empty() {
                table.skip_missing(what, *peer);
            } else {
                table.compare(what, Unit::Microseconds, ours, (peer.name(), theirs), target);
            }
        }
    }
}

/// The median and the 99th percentile of each round, in microseconds.
#[derive(Clone, Default)]
struct Taken([Vec<f64>; 2]);

impl Taken {
    fn add(&mut self, line: &[OsString]) {
        for (all, nanoseconds) in self.0.iter_mut().zip(numbers_printed::<2>(line)) {
            all.push(nanoseconds / 1e3);
        }
    }
}
