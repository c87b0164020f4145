//! Any arguments, separated by NUL, as a command line of monofy.
#![no_main]

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use libfuzzer_sys::fuzz_target;
use monofy::cli::{self, Request};

fuzz_target!(|input: &[u8]| {
    // The text before the first NUL is the value of every option variable (MONOFY_...), unless it is empty.
    let mut fields = input.split(|&byte| byte == 0);
    let twin = fields.next().filter(|twin| !twin.is_empty());
    let mut arguments: Vec<OsString> = fields.map(|field| OsString::from_vec(field.to_vec())).collect();
    let environment = |_: &str| twin.map(|twin| OsString::from_vec(twin.to_vec()));
    match cli::parse(&mut arguments, &environment) {
        Ok(Request::Line(line)) => {
            assert!(!line.processes.is_empty() || !line.problems.is_empty());
            for problem in &line.problems {
                assert!(!problem.to_string().is_empty());
            }
            for command in line.setup.iter().chain(&line.processes) {
                assert!(!command.words.is_empty(), "a PROCESS has a PROGRAM");
                assert!(command.words.len() <= arguments.len());
            }
        }
        Ok(Request::Print(text)) => assert!(!text.is_empty()),
        Ok(Request::File(_) | Request::RunPlan { .. } | Request::Query { .. }) => {}
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
