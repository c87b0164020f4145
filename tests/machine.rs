//! Tests of the supervisor's pure state machine as data: no process, no clock, no sleep.
//!
//! `rules`, `order`, `waits`, `restart`, `stop_order` and `fates` check single rules of the contract, event by event. `world`
//! drives the machine through random worlds and checks the invariants of all runs.

#[path = "machine/bench.rs"]
mod bench;
#[path = "machine/fates.rs"]
mod fates;
#[path = "machine/order.rs"]
mod order;
#[path = "machine/restart.rs"]
mod restart;
#[path = "machine/rules.rs"]
mod rules;
#[path = "machine/scenario.rs"]
mod scenario;
#[path = "machine/stop_order.rs"]
mod stop_order;
#[path = "machine/waits.rs"]
mod waits;
#[path = "machine/world.rs"]
mod world;
