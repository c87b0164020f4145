//! Words as a POSIX shell quotes and splits them.

mod quote;
mod split;

pub use quote::{join, quote};
pub(crate) use split::{Piece, split_pieces};
pub use split::{UnbalancedQuote, split};
