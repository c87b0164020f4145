//! The supervisor as a pure machine, tested as data: no process, no clock, no sleep.
//!
//! `rules` says event by event what the contract wants; `world` drives the machine with random worlds and
//! checks what has to hold in all of them.

#[path = "machine/rules.rs"]
mod rules;
#[path = "machine/world.rs"]
mod world;
