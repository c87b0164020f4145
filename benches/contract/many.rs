//! A thousand processes started and stopped, beside a loop in C that does only that.

use crate::bench::Bench;
use crate::run::{Cost, Running, private_memory, run, words};
use crate::table::{Table, Target, Unit};

const WALL: &str = "1,000 processes started and stopped: wall time";
const CPU: &str = "1,000 processes started and stopped: CPU of the supervisor";
const MEMORY: &str = "1,000 processes: private memory for each";
const LOOP: &str = "C loop of posix_spawn and kill";
const PROCESSES: usize = 1000;
const ROUNDS: usize = 10;
const SLEEP: &[&str] = &["sleep", "1000"];

pub fn measure(bench: &Bench, table: &mut Table) {
    let count = if bench.is_trial() { PROCESSES / 20 } else { PROCESSES };
    let mut processes = vec![SLEEP; count];
    // The end of the last process stops all.
    processes[count - 1] = &["true"];
    let ours = bench.line(&processes);
    let theirs = words([&bench.scratch().helper("loop"), &count.to_string(), "sleep", "1000"]);
    let mut costs = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds(ROUNDS) {
        costs.0.push(run(&ours));
        costs.1.push(run(&theirs));
    }
    let wall =
        |costs: &[Cost]| -> Vec<f64> { costs.iter().map(|cost| cost.wall.as_secs_f64() * 1e3).collect() };
    let cpu =
        |costs: &[Cost]| -> Vec<f64> { costs.iter().map(|cost| cost.cpu.as_secs_f64() * 1e3).collect() };
    let (ours, theirs) = (wall(&costs.0), wall(&costs.1));
    table.compare(WALL, Unit::Milliseconds, &ours, (LOOP, &theirs), Target::Ratio(1.05));
    let (ours, theirs) = (cpu(&costs.0), cpu(&costs.1));
    table.compare(CPU, Unit::Milliseconds, &ours, (LOOP, &theirs), Target::Ratio(1.5));
    table.add(MEMORY, Unit::Kibibytes, memory_for_each(bench, count), Target::Value(1.0));
}

fn memory_for_each(bench: &Bench, count: usize) -> f64 {
    let memory = |count: usize| {
        let running = Running::start(&bench.line(&vec![SLEEP; count]), count);
        // It returns memory once all processes have started.
        std::thread::sleep(std::time::Duration::from_millis(300));
        private_memory(running.id())
    };
    #[allow(clippy::cast_precision_loss, reason = "the number is small")]
    let processes = (count - 2) as f64;
    (memory(count) - memory(2)) / processes
}
