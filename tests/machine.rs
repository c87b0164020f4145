//! The supervisor as a pure machine, tested as data: no process, no clock, no sleep.
//!
//! `rules`, `order` and `restart` say event by event what the contract wants; `world` drives the machine with random worlds and
//! checks what has to hold in all of them.

#[path = "machine/bench.rs"]
mod bench;
#[path = "machine/order.rs"]
mod order;
#[path = "machine/restart.rs"]
mod restart;
#[path = "machine/rules.rs"]
mod rules;
#[path = "machine/scenario.rs"]
mod scenario;
#[path = "machine/world.rs"]
mod world;
