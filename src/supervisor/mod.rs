//! Executes a plan: a pure state machine (events in, actions out) and one event loop around it.

mod alive;
mod event_loop;
mod files;
mod launcher;
mod machine;
mod messages;
mod notices;
mod oom;
mod orphans;
mod parent_notify;
mod probes;
mod scan_limiter;
mod status_writer;

pub use crate::plan::TaskId;
pub use alive::{CheckResult, ask_alive};
pub use event_loop::{CannotBegin, run};
pub use files::write_files;
pub use machine::Machine;
pub use machine::action::{Action, Announcement};
pub use machine::config::{Config, Grace, JobControl};
pub use machine::event::{Children, CreatesPath, Event, Leftovers, Wake};
pub use machine::notice::{Cause, Notice};
pub use machine::readiness::{ProbeInterval, ProbeResult, ReadinessCheck};
pub use machine::restart::RestartAttempt;
pub use machine::start_limit::Unready;
pub use machine::task::Task;
pub use machine::tick::Tick;
pub use notices::write_termination_log;
