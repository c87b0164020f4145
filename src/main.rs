//! The command `monofy`: arguments in, exit status out.
#![no_main]

#[path = "sys/entry.rs"]
mod entry;
