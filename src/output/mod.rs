//! What becomes of the processes' output: in raw mode nothing stands between; else it comes through pipes of ours and
//! leaves as whole lines, named.
//!
//! From bytes to lines (`lines`) and from lines to text (`prefix`, `json`) is pure. A `StreamReader` is a stream of a process,
//! an `Sink` our stdout or stderr; `OutputMux` are all of them, a part of the supervisor's one loop. Nothing here ever
//! waits: a reader who is slow slows the processes, by pipes that are not read.

mod format;
mod hint;
mod lines;
mod matcher;
mod mux;
mod own_format;
mod sink;
mod stdio;
mod stream;
mod stream_reader;
mod timestamp;

pub use format::Form;
pub use format::json::Json;
pub use format::prefix::{Colour, Prefix};
pub use lines::{Assembler, LONGEST, LineSink, Part};
pub use mux::OutputMux;
pub use stdio::{ChildStdio, StdioRequest};
pub use stream::Stream;
pub use timestamp::Timestamp;
