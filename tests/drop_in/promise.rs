//! The promise for all lines (contract, 2.6), on random lines with both programs. Also the test tables of the Python
//! project.

use std::ffi::OsString;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use regex::bytes::Regex;

use crate::case::{Program, settled};
use crate::support::{Folder, Run, until};

/// Whether 2.6 promises the same result from both programs.
fn is_promised(argument: &str) -> bool {
    let exceptions = Regex::new(
        r"\$\$[A-Za-z_{<]|\$\{[A-Za-z_][A-Za-z0-9_]*([-+?=:#%/^,]|\.\.\.)|\$\{#|\$\{\$\}|\$\{'|\$<",
    );
    !exceptions.expect("it is well formed").is_match(argument.as_bytes())
}

fn argument() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "$", "$", "${", "}", "{", "A", "B", "UNSET", "_x", "$A", "${A}", "${B}", "$UNSET", "${UNSET}", "$1",
        "${1}", "$@", "${@}", "${!A}", "$(", ")", "`", "\\", "'", "\"", " ", "\n", "1", "-", ":", ":-", "?",
        "#", "%", "/", "^", ",", ".", "...", "=", "é", "<", ">", "|||", "&&", "~", "*", "[", "]", "0", "a b",
    ]);
    prop::collection::vec(piece, 0..8)
        .prop_map(|pieces| pieces.concat())
        .prop_filter("promised", |a| is_promised(a))
}

/// The arguments that a started program gets.
fn given(program: Program, arguments: &[String]) -> Vec<u8> {
    let folder = Folder::new();
    let script = ["sh", "-c", "printf '%s\\0' \"$@\" >given", "sh"].map(str::to_owned);
    let line = script.iter().chain(arguments);
    let run = Run::of(program.path(), line).directory(folder.path());
    run.env("A", "$B '").env("B", "${A}&&").env("_x", "").finish().assert_status(0);
    std::fs::read(folder.path().join("given")).expect("the program has started")
}

#[test]
fn what_is_promised_is_the_same_for_random_arguments() {
    if Program::under_test() != [Program::Ours, Program::Theirs] {
        return;
    }
    // Few runs of many arguments, since a run of Python takes its time. An argument that is an operator
    // would cut the line.
    let is_operator = |argument: &String| ["&&", "|||"].contains(&argument.as_str());
    let arguments = prop::collection::vec(argument(), 200).prop_map(move |mut arguments| {
        arguments.retain(|argument| !is_operator(argument));
        arguments
    });
    let config = Config { cases: 20, max_shrink_iters: 100, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&arguments, |arguments| {
            let split = |given: Vec<u8>| {
                String::from_utf8_lossy(&given).split('\0').map(str::to_owned).collect::<Vec<_>>()
            };
            let (ours, theirs) = (given(Program::Ours, &arguments), given(Program::Theirs, &arguments));
            for ((ours, theirs), written) in split(ours).iter().zip(split(theirs)).zip(&arguments) {
                prop_assert_eq!(ours, &theirs, "{:?}", written);
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn the_exceptions_of_the_promise_are_recognised() {
    for promised in ["$A", "${A}", "$$", "$$1", "${1}", "${A b}", "${", "a<b", "$ A", "${!A}", "${@}", "$.<"]
    {
        assert!(is_promised(promised), "{promised}");
    }
    for exception in
        ["$$A", "$$${A}", "$${A}", "$$<", "${A:-w}", "${A...}", "${#A}", "${$}", "${'x'}", "$<A>"]
    {
        assert!(!is_promised(exception), "{exception}");
    }
}

/// The table of the Python project's `test_arg_parsing`: the line, the number of setup commands, and the commands. Its first
/// entry, an empty line, is a case of its own.
const LINES: [(&str, usize, &[&str]); 9] = [
    ("a b", 0, &["a b"]),
    ("a ||| b ||| c", 0, &["a", "b", "c"]),
    ("a b ||| c d ||| e f", 0, &["a b", "c d", "e f"]),
    ("a && b ||| c", 1, &["a", "b", "c"]),
    ("a b && c d ||| e f", 1, &["a b", "c d", "e f"]),
    ("a b ||| c d ||| e f", 0, &["a b", "c d", "e f"]),
    ("a b && c d && e f", 2, &["a b", "c d", "e f"]),
    ("a b && c d && e f ||| g h ||| i j", 2, &["a b", "c d", "e f", "g h", "i j"]),
    ("$USER && $USER ||| $USER", 1, &["test-user", "test-user", "test-user"]),
];

/// Appends its arguments to a file; then a setup command ends and a process goes on. The number of lines before its own
/// shows which of the two it is, since nothing runs beside a setup command.
const PROGRAM: &str = "#!/bin/sh
set -- \"${0##*/}\" \"$@\"
echo \"$*\" >>started
[ \"$(wc -l <started)\" -le \"$SETUP\" ] || exec sleep 1000
";

#[test]
fn the_lines_of_the_python_projects_own_tests_are_parsed_as_there() {
    for program in Program::under_test() {
        for (line, setup, commands) in LINES {
            assert_eq!(started(program, line, setup, commands.len()), commands, "{program:?} of {line}");
        }
    }
}

/// The commands that a line starts, the processes among them sorted.
fn started(program: Program, line: &str, setup: usize, count: usize) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    for name in ["a", "b", "c", "e", "g", "i", "test-user"] {
        let path = folder.file(name, PROGRAM);
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("the test owns it");
    }
    let running = Run::of(program.path(), line.split(' '))
        .directory(folder.path())
        .env("PATH", with_folder(folder.path()))
        .env("SETUP", setup.to_string())
        .env("USER", "test-user")
        .start();
    let read = || std::fs::read_to_string(folder.path().join("started")).unwrap_or_default();
    let all = until("the start of every command", || {
        Some(read()).filter(|started| started.lines().count() >= count)
    });
    settled(running.pid());
    running.signal(15);
    running.finish().assert_status(0);
    let mut started: Vec<String> = all.lines().map(str::to_owned).collect();
    started[setup..].sort();
    started
}

fn with_folder(folder: &Path) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).expect("a path without colons")
}
