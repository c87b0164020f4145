//! The time of a signal from its sender through a supervisor to a handler.

use std::ffi::OsString;

use crate::bench::Bench;
use crate::peer::Peer;
use crate::run::{OneCpu, number_printed};
use crate::table::{Table, Target, Unit};

const WHAT: &str = "a signal through it to a handler, on one CPU";
const SIGNALS: usize = 2000;
const ROUNDS: usize = 20;

pub fn measure(bench: &Bench, table: &mut Table) {
    let _one_cpu = OneCpu::new();
    let signals = bench.scratch().helper("signals");
    let process: &[&[&str]] = &[&[&signals, &SIGNALS.to_string()]];
    let lines: Vec<(Peer, Option<Vec<OsString>>)> =
        Peer::INITS.into_iter().map(|peer| (peer, bench.line_of(peer, process))).collect();
    let mut taken = vec![Vec::new(); lines.len()];
    let mut taken_by_us = Vec::new();
    let microseconds = |line: &[OsString]| number_printed(line) / 1e3;
    for _ in 0..bench.rounds(ROUNDS) {
        taken_by_us.push(microseconds(&bench.line(process)));
        for ((_, line), taken) in lines.iter().zip(&mut taken) {
            taken.extend(line.as_ref().map(|line| microseconds(line)));
        }
    }
    for ((peer, _), taken) in lines.iter().zip(&taken) {
        let target = if *peer == Peer::Tini { Target::Ratio(1.0) } else { Target::None };
        if taken.is_empty() {
            table.skip_missing(WHAT, *peer);
        } else {
            table.compare(WHAT, Unit::Microseconds, &taken_by_us, (peer.name(), taken), target);
        }
    }
}
