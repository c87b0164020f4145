//! `--file`: a line in a file (contract, section 1.2).

#[path = "line_file/dash.rs"]
mod dash;
#[path = "line_file/errors.rs"]
mod errors;
#[path = "line_file/large.rs"]
mod large;
#[path = "line_file/options.rs"]
mod options;
#[path = "line_file/rules.rs"]
mod rules;
#[path = "line_file/same_plan.rs"]
mod same_plan;
mod support;

use std::ffi::OsString;

use monofy::cli::{self, CommandLine, Request};

/// The number of generated cases: `MONOFY_CASES`, or the usual one, which is quick.
fn cases<N: std::str::FromStr>(usual: N) -> N {
    let Ok(wanted) = std::env::var("MONOFY_CASES") else { return usual };
    wanted.parse().unwrap_or_else(|_| panic!("MONOFY_CASES is a number of cases, not {wanted:?}"))
}

/// Parses a line in a file, without running anything. `None` if nothing is left of it.
fn parse(text: &[u8]) -> Option<CommandLine> {
    let mut arguments = vec![OsString::from("--file=f")];
    let Ok(Request::File(file)) = cli::parse(&mut arguments, &|_| None) else {
        panic!("a file is asked for")
    };
    match file.parse(Ok(text.to_vec())) {
        Ok(Request::Line(line)) => Some(line),
        Ok(other) => panic!("a line is parsed, not {other:?}"),
        Err(_) => None,
    }
}
