//! Passing lines on with a name in front, or as objects, beside what `sed` takes for the same.

use std::ffi::OsString;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::bench::Bench;
use crate::peer::Peer;
use crate::run::{Cost, command, finish, run, words};
use crate::table::{Asked, Table, Unit};

const SED: &str = "two `sed 's/^/x \\| /'`";
const MEGABYTES: usize = 100;
/// As much as honcho gets through in a second or two.
const FEW_MEGABYTES: usize = 1;
const ROUNDS: usize = 5;

pub fn measure(bench: &Bench, table: &mut Table) {
    let megabytes = if bench.is_trial() { 1 } else { MEGABYTES };
    let (mut prefix, mut json, mut sed) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.rounds(ROUNDS) {
        prefix.push(run(&ours(bench, "--output=prefix", megabytes)));
        sed.push(two_seds(bench, megabytes));
        json.push(run(&ours(bench, "--output=json", megabytes)));
    }
    let wall =
        |costs: &[Cost]| -> Vec<f64> { costs.iter().map(|cost| cost.wall.as_secs_f64() * 1e3).collect() };
    let cpu =
        |costs: &[Cost]| -> Vec<f64> { costs.iter().map(|cost| cost.cpu.as_secs_f64() * 1e3).collect() };
    let mut row = |what: &str, ours: &[f64], theirs: &[f64], most| {
        let what = format!("{what}, two processes, 100 MB of 100-byte lines each");
        table.compare(&what, Unit::Milliseconds, ours, (SED, theirs), Asked::Ratio(most));
    };
    row("`prefix`: wall time", &wall(&prefix), &wall(&sed), 0.7);
    row("`prefix`: CPU", &cpu(&prefix), &cpu(&sed), 0.5);
    row("`json`: wall time", &wall(&json), &wall(&sed), 1.5);
    compare_with_others(bench, table);
}

/// The rest is so much slower that it gets less to do.
fn compare_with_others(bench: &Bench, table: &mut Table) {
    const WHAT: &str = "`prefix`, the same with 1 MB each: wall time";
    for peer in [Peer::Honcho, Peer::Foreman] {
        let generator = generator(bench, FEW_MEGABYTES);
        let processes: &[&[&str]] = &[&[&generator[0], &generator[1]], &[&generator[0], &generator[1]]];
        let Some(line) = bench.line_of(peer, processes) else {
            table.miss(WHAT, peer);
            continue;
        };
        let mut taken = (Vec::new(), Vec::new());
        for _ in 0..bench.rounds(ROUNDS) {
            taken.0.push(run(&ours(bench, "--output=prefix", FEW_MEGABYTES)).wall.as_secs_f64() * 1e3);
            taken.1.push(run(&line).wall.as_secs_f64() * 1e3);
        }
        let asked = if peer == Peer::Honcho { Asked::Ratio(1.0 / 150.0) } else { Asked::Nothing };
        table.compare(WHAT, Unit::Milliseconds, &taken.0, (peer.name(), &taken.1), asked);
    }
}

fn generator(bench: &Bench, megabytes: usize) -> [String; 2] {
    [bench.scratch().helper("lines"), (megabytes * 1_000_000).to_string()]
}

fn ours(bench: &Bench, output: &str, megabytes: usize) -> Vec<OsString> {
    let [program, size] = generator(bench, megabytes);
    let mut line = bench.line(&[&[&program, &size], &[&program, &size]]);
    line.insert(1, output.into());
    line
}

/// The CPU is that of both.
fn two_seds(bench: &Bench, megabytes: usize) -> Cost {
    let began = Instant::now();
    let pairs = [sed(bench, megabytes), sed(bench, megabytes)];
    let mut whole = Cost { wall: began.elapsed(), cpu: std::time::Duration::ZERO };
    for (mut generator, sed) in pairs {
        let cost = finish(sed, began);
        whole = Cost { wall: whole.wall.max(cost.wall), cpu: whole.cpu + cost.cpu };
        let _ = generator.wait();
    }
    whole
}

fn sed(bench: &Bench, megabytes: usize) -> (Child, Child) {
    let mut generator = command(&words(generator(bench, megabytes)))
        .stdout(Stdio::piped())
        .spawn()
        .expect("it can be started");
    let output = generator.stdout.take().expect("it has a pipe");
    let mut sed: Command = command(&words(["sed", "s/^/x | /"]));
    let sed = sed.stdin(output).spawn().expect("sed can be started");
    (generator, sed)
}
