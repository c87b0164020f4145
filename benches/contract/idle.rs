//! Memory and wake-ups of an idle supervisor.

use std::time::Duration;

use crate::bench::Bench;
use crate::peer::Peer;
use crate::run::{Running, private_memory, wake_ups};
use crate::table::{Table, Target, Unit};

const MEMORY: &str = "idle: private memory, two processes (an init: one)";
const WAKE_UPS: &str = "idle: wake-ups in 10 s";
const SLEEP: &[&str] = &["sleep", "1000"];

/// The figures of one supervisor.
#[derive(Clone, Copy)]
struct Idle {
    memory: f64,
    wake_ups: f64,
}

pub fn measure(bench: &Bench, table: &mut Table) {
    let ours = Running::start(&bench.line(&[SLEEP, SLEEP]), 2);
    let start = |peer: &Peer| {
        let processes: &[&[&str]] = if Peer::INITS.contains(peer) { &[SLEEP] } else { &[SLEEP, SLEEP] };
        Some(Running::start(&bench.line_of(*peer, processes)?, processes.len()))
    };
    let peers: Vec<Option<Running>> = Peer::ALL.iter().map(start).collect();
    let seconds = if bench.is_trial() { 1 } else { 10 };
    let all: Vec<u32> = std::iter::once(&ours).chain(peers.iter().flatten()).map(Running::id).collect();
    let mut idle = observe(&all, Duration::from_secs(seconds)).into_iter();
    let own = idle.next().expect("monofy was observed");
    for (peer, running) in Peer::ALL.into_iter().zip(&peers) {
        match running {
            Some(_) => compare(table, peer, own, idle.next().expect("each was observed")),
            None => table.skip_missing(MEMORY, peer),
        }
    }
}

/// Observes all of them over the same time.
fn observe(pids: &[u32], time: Duration) -> Vec<Idle> {
    // Their start is over by then.
    std::thread::sleep(Duration::from_millis(500));
    let before: Vec<f64> = pids.iter().map(|pid| wake_ups(*pid)).collect();
    std::thread::sleep(time);
    let since =
        |(pid, before): (&u32, f64)| Idle { wake_ups: wake_ups(*pid) - before, memory: private_memory(*pid) };
    pids.iter().zip(before).map(since).collect()
}

fn compare(table: &mut Table, peer: Peer, own: Idle, theirs: Idle) {
    let (memory, wake_ups) = match peer {
        Peer::Tini => (Target::Value(80.0), Target::Value(0.0)),
        _ => (Target::None, Target::None),
    };
    table.compare(MEMORY, Unit::Kibibytes, &[own.memory], (peer.name(), &[theirs.memory]), memory);
    table.compare(WAKE_UPS, Unit::Times, &[own.wake_ups], (peer.name(), &[theirs.wake_ups]), wake_ups);
}
