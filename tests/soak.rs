//! Random runs: random lines get random signals at random moments. Each run ends with a status that the contract allows,
//! leaves no process behind and loses no line of output.
//!
//! `MONOFY_SOAK=N` makes N runs, `MONOFY_SOAK_SEED=S` begins with that seed, `MONOFY_SOAK_AT_ONCE=M` makes M at a time.
//! A failed run is printed with its seed: `MONOFY_SOAK=1 MONOFY_SOAK_SEED=S` repeats it.

#[path = "support/leftovers.rs"]
mod leftovers;
mod support;

#[path = "soak/model.rs"]
mod model;
#[path = "soak/one.rs"]
mod one;
#[path = "soak/process.rs"]
mod process;
#[path = "soak/random.rs"]
mod random;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number from the environment.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn random_runs_end_as_the_contract_says() {
    let count = number("MONOFY_SOAK").unwrap_or(200);
    let first = number("MONOFY_SOAK_SEED").unwrap_or_else(random::seed_of_this_moment);
    let at_once = number("MONOFY_SOAK_AT_ONCE").unwrap_or(4);
    println!("{count} runs, beginning with MONOFY_SOAK_SEED={first}");
    let (next, wrong) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        return;
                    }
                    let seed = first.wrapping_add(index);
                    if let Err(problem) = one::run(seed) {
                        println!("MONOFY_SOAK_SEED={seed}: {problem}");
                        wrong.lock().unwrap().push(seed);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {count} runs failed; their seeds: {wrong:?}", wrong.len());
}
