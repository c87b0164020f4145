//! The start: wall time of `monofy true` above that of `true`.

use std::ffi::OsString;

use crate::bench::Bench;
use crate::peer::Peer;
use crate::run::{run, words};
use crate::table::{Table, Target, Unit};

const WHAT: &str = "start: `… true` above `true`";
const ROUNDS: usize = 600;
/// For peers that take a hundred times as long.
const SLOW_ROUNDS: usize = 20;

pub fn measure(bench: &Bench, table: &mut Table) {
    compare(bench, table, &Peer::INITS, bench.rounds(ROUNDS));
    compare(bench, table, &Peer::SUPERVISORS, bench.rounds(SLOW_ROUNDS));
}

fn compare(bench: &Bench, table: &mut Table, peers: &[Peer], rounds: usize) {
    let bare = words(["true"]);
    let lines: Vec<Option<Vec<OsString>>> =
        peers.iter().map(|peer| bench.line_of(*peer, &[&["true"]])).collect();
    let ours = bench.line(&[&["true"]]);
    let mut taken = vec![Vec::new(); peers.len()];
    let mut taken_by_us = Vec::new();
    let milliseconds = |line: &[OsString]| run(line).wall.as_secs_f64() * 1e3;
    for _ in 0..rounds {
        let least = milliseconds(&bare);
        taken_by_us.push(milliseconds(&ours) - least);
        for (line, taken) in lines.iter().zip(&mut taken) {
            taken.extend(line.as_ref().map(|line| milliseconds(line) - least));
        }
    }
    for (peer, taken) in peers.iter().zip(&taken) {
        let target = match peer {
            Peer::Catatonit => Target::Ratio(1.0),
            Peer::Tini => Target::Below,
            _ => Target::None,
        };
        if taken.is_empty() {
            table.skip_missing(WHAT, *peer);
        } else {
            table.compare(WHAT, Unit::Milliseconds, &taken_by_us, (peer.name(), taken), target);
        }
    }
}
