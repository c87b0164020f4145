//! The kernel, one family of system calls a file. The only `unsafe` of the program is below this folder.

mod child;
pub mod clock;
pub mod connect;
pub mod descendants;
pub mod descriptors;
mod fork;
pub mod gift;
pub mod handover;
pub mod hosts;
pub mod input;
pub mod limits;
pub mod memory;
pub mod memory_file;
pub mod notify;
pub mod outflow;
pub mod pipe;
pub mod poll;
pub mod process;
pub mod pty;
pub mod search;
pub mod signals;
pub mod spawn;
mod strings;
pub mod terminal;
pub mod users;
pub mod wait;
