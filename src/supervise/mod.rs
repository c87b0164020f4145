//! The half that executes a plan: a pure machine (events in, actions out) and one loop around it.

mod action;
mod driver;
mod event;
mod launch;
mod machine;
mod notice;
mod program;
mod stop;
mod task;
mod teller;
mod wording;

pub use action::Action;
pub use driver::{CannotBegin, run};
pub use event::{Children, Event, Tick, Wake};
pub use machine::{Grace, Machine, Rules, Seat};
pub use notice::{Cause, Notice};
pub use task::{Task, TaskId};
