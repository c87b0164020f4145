//! The output of the processes. In raw mode they write to monofy's own stdout and stderr; in the other modes they write
//! to pipes, and monofy writes their lines with the name of the process.
//!
//! Splitting bytes into lines (`lines`) and formatting lines (`format`) are pure. A `StreamReader` reads one stream of
//! one process, a `Sink` writes to monofy's stdout or stderr, and `OutputMux` connects them as a part of the
//! supervisor's one loop. Nothing here blocks: while a sink is full its pipes are not read, so that a slow reader slows
//! the processes. Nothing here reads the clock: the caller passes a [`Moment`](crate::sys::clock::Moment).

mod buffering_hint;
mod format;
mod lines;
mod matcher;
mod mux;
mod sink;
mod stream;
mod stream_reader;
mod timestamp;

pub use format::LineFormat;
pub use format::json::JsonFormat;
pub use format::prefix::{Colour, PrefixFormat, Target};
pub use lines::{LineAssembler, LineSink, MAX_PART, Part};
pub use mux::OutputMux;
pub use mux::stdio::{ChildStdio, ColourChoice, StdioRequest};
pub use stream::Stream;
pub use timestamp::Timestamp;
