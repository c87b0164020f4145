//! The half that executes a plan: a pure machine (events in, actions out) and one loop around it.

mod event_loop;
mod launcher;
mod machine;
mod messages;
mod notices;
mod orphans;
mod parent_notify;
mod probes;
mod status_writer;

pub use event_loop::{CannotBegin, run};
pub use machine::Machine;
pub use machine::action::{Action, Announcement};
pub use machine::config::{Grace, Rules, Seat};
pub use machine::event::{Children, Event, Tick, Wake};
pub use machine::notice::{Cause, Notice};
pub use machine::readiness::{Answer, Check, Pace};
pub use machine::restart::Again;
pub use machine::task::{Task, TaskId};
pub use notices::leave_last_words;
