//! How long after the end of one process the whole run is over.

use crate::bench::Bench;
use crate::peer::Peer;
use crate::run::{OneCpu, number_printed, words};
use crate::table::{Asked, Table, Unit};

const WHAT: &str = "end: from one process's exit to that of all, `true '\\|\\|\\|' sleep 100`, on one CPU";
const ROUNDS: usize = 20;

pub fn measure(bench: &Bench, table: &mut Table) {
    // To wake a second one that is idle takes a virtual machine longer than all that is measured here.
    let _one_cpu = OneCpu::new();
    let stamp = bench.scratch().helper("stamp");
    let file = bench.scratch().file("stamped");
    let file = file.to_str().expect("the path is text");
    // In place of `true`: it notes when it ends.
    let processes: &[&[&str]] = &[&[&stamp, file], &["sleep", "100"]];
    let milliseconds = |line: Vec<std::ffi::OsString>| {
        let _ = std::fs::remove_file(file);
        number_printed(&[words([&stamp, file]), line].concat()) / 1e6
    };
    for peer in Peer::SUPERVISORS {
        let Some(line) = bench.line_of(peer, processes) else {
            table.miss(WHAT, peer);
            continue;
        };
        let mut taken = (Vec::new(), Vec::new());
        for _ in 0..bench.rounds(ROUNDS) {
            taken.0.push(milliseconds(bench.line(processes)));
            taken.1.push(milliseconds(line.clone()));
        }
        let asked = if peer == Peer::PythonMonofy { Asked::Ratio(0.1) } else { Asked::Nothing };
        table.compare(WHAT, Unit::Milliseconds, &taken.0, (peer.name(), &taken.1), asked);
    }
}
