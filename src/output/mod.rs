//! What becomes of the processes' output: in raw mode nothing stands between; else it comes through pipes of ours and
//! leaves as whole lines, named.
//!
//! From bytes to lines (`lines`) and from lines to text (`prefix`, `json`) is pure. A `Source` is a stream of a process,
//! an `Outlet` our stdout or stderr; `Outlets` are all of them, a part of the supervisor's one loop. Nothing here ever
//! waits: a reader who is slow slows the processes, by pipes that are not read.

mod clock;
mod connect;
mod form;
mod hint;
mod json;
mod lines;
mod object;
mod outlet;
mod outlets;
mod prefix;
mod report;
mod source;
mod stream;
mod tap;

pub use clock::Stamp;
pub use connect::{Ends, Speaker, Wish};
pub use form::Form;
pub use json::Json;
pub use lines::{Assembler, LONGEST, Part, Taker};
pub use outlets::Outlets;
pub use prefix::{Colour, Prefix};
pub use stream::Stream;
