//! The output of the processes (contract, 5): whole lines with names, from all processes, to readers of every kind.

#[path = "supervise/line.rs"]
#[allow(dead_code, reason = "the helpers for signals are not used here")]
mod line;
mod support;

#[path = "output/buffering_hint.rs"]
mod buffering_hint;
#[path = "output/completeness.rs"]
mod completeness;
#[path = "output/held_pipes.rs"]
mod held_pipes;
#[path = "output/json.rs"]
mod json;
#[path = "output/lines.rs"]
mod lines;
#[path = "output/log_in_raw_mode.rs"]
mod log_in_raw_mode;
#[path = "output/notices.rs"]
mod notices;
#[path = "output/own_descriptions.rs"]
mod own_descriptions;
#[path = "output/partial_lines.rs"]
mod partial_lines;
#[path = "output/prefix.rs"]
mod prefix;
#[path = "output/readers.rs"]
mod readers;
#[path = "output/sandbox.rs"]
mod sandbox;
#[path = "output/selection.rs"]
mod selection;
#[path = "output/terminals.rs"]
mod terminals;
#[path = "output/valgrind.rs"]
mod valgrind;
