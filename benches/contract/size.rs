//! How large the static binary is.

use crate::bench::Bench;
use crate::table::{Asked, Table, Unit};

pub fn measure(bench: &Bench, table: &mut Table) {
    let metadata = std::fs::metadata(bench.monofy()).expect("the binary is there");
    #[allow(clippy::cast_precision_loss, reason = "a binary is no exabyte")]
    let size = metadata.len() as f64;
    table.tell("static binary, stripped", Unit::Bytes, size, Asked::Value(2_500_000.0));
}
