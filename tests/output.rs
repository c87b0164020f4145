//! Output (contract, 5): whole lines, named, from all processes, to readers of every kind.

#[path = "supervise/line.rs"]
#[allow(dead_code, reason = "what is for signals is not needed here")]
mod line;
mod support;

#[path = "output/assembly.rs"]
mod assembly;
#[path = "output/ends.rs"]
mod ends;
#[path = "output/hints.rs"]
mod hints;
#[path = "output/json.rs"]
mod json;
#[path = "output/prefix.rs"]
mod prefix;
#[path = "output/readers.rs"]
mod readers;
#[path = "output/switches.rs"]
mod switches;
#[path = "output/taps.rs"]
mod taps;
#[path = "output/terminals.rs"]
mod terminals;
#[path = "output/whole.rs"]
mod whole;
