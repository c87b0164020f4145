//! System calls, one family a file. All `unsafe` code of the program is in this folder.

mod child;
pub mod clock;
pub mod connect;
mod cstring_array;
pub mod descriptors;
pub mod envp;
pub mod exit_on_stop;
pub mod input;
pub mod limits;
pub mod memfd;
pub mod memory;
pub mod nonblocking_writer;
pub mod notify;
pub mod passed_fd;
pub mod pipe;
pub mod poll;
pub mod process;
pub mod procfs;
pub mod pty;
pub mod search;
pub mod signals;
pub mod spawn;
pub mod stdio;
pub mod terminal;
mod variadic;
mod vfork_exec;
pub mod wait;
