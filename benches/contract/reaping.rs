//! CPU of PID 1 for reaping orphans that die one after another, each with its own wake-up.

use std::ffi::OsString;

use crate::bench::Bench;
use crate::peer::Peer;
use crate::run::{OneCpu, number_printed, run, words};
use crate::table::{Table, Target, Unit};

const WHAT: &str = "reaping 20,000 orphans: CPU of process 1, on one CPU";
const ORPHANS: usize = 1000;
const ROUNDS: usize = 20;
const NAMESPACE: [&str; 5] = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];

pub fn measure(bench: &Bench, table: &mut Table) {
    let _one_cpu = OneCpu::new();
    let orphans = bench.scratch().helper("orphans");
    let count = if bench.is_trial() { ORPHANS / 20 } else { ORPHANS };
    let process: &[&[&str]] = &[&[&orphans, &count.to_string()]];
    let namespace = words(NAMESPACE);
    if !can_unshare() {
        table.skip(WHAT, Peer::Tini.name(), "needs the right to create a PID namespace");
        return;
    }
    let lines: Vec<(Peer, Option<Vec<OsString>>)> =
        Peer::INITS.into_iter().map(|peer| (peer, bench.line_of(peer, process))).collect();
    let mut taken = vec![Vec::new(); lines.len()];
    let mut taken_by_us = Vec::new();
    // Each round reaps a part of the 20,000, and its time is scaled up.
    let milliseconds = |line: &[OsString]| {
        #[allow(clippy::cast_precision_loss, reason = "the numbers are small")]
        let rounds = (ORPHANS * ROUNDS) as f64 / count as f64;
        number_printed(&[&namespace, line].concat()) * rounds / 1e6
    };
    for _ in 0..bench.rounds(ROUNDS) {
        taken_by_us.push(milliseconds(&bench.line(process)));
        for ((_, line), taken) in lines.iter().zip(&mut taken) {
            taken.extend(line.as_ref().map(|line| milliseconds(line)));
        }
    }
    for ((peer, _), taken) in lines.iter().zip(&taken) {
        // Both are aimed at, so the better of them counts.
        let target = if *peer == Peer::Tini { Target::None } else { Target::Ratio(1.0) };
        if taken.is_empty() {
            table.skip_missing(WHAT, *peer);
        } else {
            table.compare(WHAT, Unit::Milliseconds, &taken_by_us, (peer.name(), taken), target);
        }
    }
}

fn can_unshare() -> bool {
    let file = std::env::temp_dir().join(format!("monofy-bench-{}-unshared", std::process::id()));
    let made = words(NAMESPACE).into_iter().chain(words(["touch"])).chain([file.clone().into()]);
    run(&made.collect::<Vec<_>>());
    std::fs::remove_file(file).is_ok()
}
