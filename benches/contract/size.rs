//! The size of the static binary.

use crate::bench::Bench;
use crate::table::{Table, Target, Unit};

pub fn measure(bench: &Bench, table: &mut Table) {
    let metadata = std::fs::metadata(bench.monofy()).expect("the binary exists");
    #[allow(clippy::cast_precision_loss, reason = "a binary is smaller than an exabyte")]
    let size = metadata.len() as f64;
    table.add("static binary, stripped", Unit::Bytes, size, Target::Value(3_000_000.0));
}
