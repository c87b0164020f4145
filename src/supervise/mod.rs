//! The half that executes a plan: a pure machine (events in, actions out) and one loop around it.

mod action;
mod driver;
mod event;
mod launch;
mod machine;
mod notice;
mod order;
mod probes;
mod program;
mod publish;
mod readiness;
mod remains;
mod restart;
mod rules;
mod signalling;
mod stop;
mod task;
mod teller;
mod upward;
mod wording;

pub use action::{Action, Announcement};
pub use driver::{CannotBegin, run};
pub use event::{Children, Event, Tick, Wake};
pub use machine::Machine;
pub use notice::{Cause, Notice};
pub use readiness::{Answer, Check, Pace};
pub use restart::Again;
pub use rules::{Grace, Rules, Seat};
pub use task::{Task, TaskId};
pub use teller::leave_last_words;
