//! Shell syntax: quoting, splitting into words, and the variables that a script assigns.

mod assignments;
mod quote;
mod split;

pub use assignments::assigned_names;
pub use quote::{join, quote};
pub(crate) use split::{Piece, split_pieces};
pub use split::{UnbalancedQuote, split};
