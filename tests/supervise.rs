//! Supervision (contract, 4.1 to 4.5, 4.8, 5.1), seen from outside: real processes, real signals.

mod support;

#[path = "supervise/dispositions.rs"]
mod dispositions;
#[path = "supervise/fates.rs"]
mod fates;
#[path = "supervise/inheritance.rs"]
mod inheritance;
#[path = "supervise/init.rs"]
mod init;
#[path = "supervise/line.rs"]
mod line;
#[path = "supervise/notices.rs"]
mod notices;
#[path = "supervise/plans.rs"]
mod plans;
#[path = "supervise/signals.rs"]
mod signals;
#[path = "supervise/slow_start.rs"]
mod slow_start;
#[path = "supervise/start.rs"]
mod start;
#[path = "supervise/statuses.rs"]
mod statuses;
#[path = "supervise/stop.rs"]
mod stop;
#[path = "supervise/users.rs"]
mod users;
