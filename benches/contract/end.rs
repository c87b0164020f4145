//! The time from the exit of one process to the exit of monofy.

use crate::bench::Bench;
use crate::peer::Peer;
use crate::run::{OneCpu, number_printed, words};
use crate::table::{Table, Target, Unit};

const WHAT: &str = "end: from one process's exit to that of all, `true '\\|\\|\\|' sleep 100`, on one CPU";
const ROUNDS: usize = 20;
const PAIR_ROUNDS: usize = 60;

pub fn measure(bench: &Bench, table: &mut Table) {
    // On one CPU: waking an idle second CPU of a virtual machine takes longer than everything measured here.
    let _one_cpu = OneCpu::new();
    let stamp = bench.scratch().helper("stamp");
    let file = bench.scratch().file("stamped");
    let file = file.to_str().expect("the path is text");
    // Instead of `true`: it records the time of its exit.
    let processes: &[&[&str]] = &[&[&stamp, file], &["sleep", "100"]];
    let milliseconds = |line: Vec<std::ffi::OsString>| {
        let _ = std::fs::remove_file(file);
        number_printed(&[words([&stamp, file]), line].concat()) / 1e6
    };
    let pair = words([&bench.scratch().helper("pair"), &stamp, file, "100"]);
    let mut taken = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds(PAIR_ROUNDS) {
        taken.0.push(milliseconds(bench.line(processes)));
        taken.1.push(milliseconds(pair.clone()));
    }
    table.compare(WHAT, Unit::Milliseconds, &taken.0, ("the same in C", &taken.1), Target::Ratio(1.3));
    for peer in Peer::SUPERVISORS {
        let Some(line) = bench.line_of(peer, processes) else {
            table.skip_missing(WHAT, peer);
            continue;
        };
        let mut taken = (Vec::new(), Vec::new());
        for _ in 0..bench.rounds(ROUNDS) {
            taken.0.push(milliseconds(bench.line(processes)));
            taken.1.push(milliseconds(line.clone()));
        }
        table.compare(WHAT, Unit::Milliseconds, &taken.0, (peer.name(), &taken.1), Target::None);
    }
}
