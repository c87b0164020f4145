//! `--wait`, `--alive` and `--start-timeout` (contract, 4.7), seen from outside: real processes, real servers.

mod support;

#[path = "checks/bad_input.rs"]
mod bad_input;
#[allow(dead_code, reason = "it is the other tests', too")]
#[path = "supervise/line.rs"]
mod line;
#[path = "checks/plan.rs"]
mod plan;
#[path = "checks/servers.rs"]
mod servers;
#[path = "checks/start_timeout.rs"]
mod start_timeout;
#[path = "checks/stops.rs"]
mod stops;
#[path = "checks/waits.rs"]
mod waits;
