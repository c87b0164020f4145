//! Help and version.

use std::process::Stdio;

use crate::line::line;
use crate::support::{self, Run};

#[test]
fn help_is_printed_to_stdout() {
    let finished = Run::new(["--help"]).finish();
    finished.assert_status(0);
    assert_eq!(finished.stderr, "");
    for part in [
        "Usage: monofy [OPTION...] PROCESS { '&&' PROCESS }...",
        "--stop-signal",
        "--run-plan",
        "${NAME:-word}",
    ] {
        assert!(finished.stdout.contains(part), "{part} in {}", finished.stdout);
    }
    assert_eq!(Run::new(["-h"]).finish(), finished);
    // Whatever stands behind it.
    assert_eq!(Run::new(["-q", "-h", "a", "|||"]).finish(), finished);
}

#[test]
fn help_is_no_wider_than_it_says() {
    let help = Run::new(["--help"]).finish().stdout;
    let wide: Vec<_> = help.lines().filter(|line| line.chars().count() > monofy::cli::HELP_WIDTH).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}

#[test]
fn help_names_every_operator_and_every_way_to_write_a_variable() {
    let help = Run::new(["--help"]).finish().stdout;
    for part in ["&&", "|||", "$NAME", "${NAME}", "$<NAME>", "MONOFY_", "125", "126", "127"] {
        assert!(help.contains(part), "{part}");
    }
}

#[test]
fn the_version_is_printed_to_stdout() {
    for option in ["-V", "--version"] {
        let finished = Run::new([option]).finish();
        finished.assert_status(0).assert_stdout(concat!("monofy ", env!("CARGO_PKG_VERSION"), "\n"));
        assert_eq!(finished.stderr, "");
    }
}

#[test]
fn printing_survives_a_closed_stdout() {
    for option in ["-h", "-V"] {
        let script = format!("exec \"$0\" {option} >&-");
        let finished =
            Run::of("sh", ["-c".into(), script.into(), support::monofy().into_os_string()]).finish();
        finished.assert_status(0);
        assert_eq!(finished.stderr, "");
    }
}

#[test]
fn printing_survives_a_reader_that_is_gone() {
    for arguments in [&["-h"][..], &["-V"], &["--plan", "a"], &["--plan=json", "a"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let finished = Run::new(arguments).with(|command| _ = command.stdout(writer)).finish();
        finished.assert_status(0);
        assert_eq!(finished.stderr, "");
    }
}

#[test]
fn printing_to_a_full_device_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let finished = Run::new(["-h"]).with(|command| _ = command.stdout(full)).finish();
    finished.assert_status(125);
    assert_eq!(finished.stderr, "monofy: cannot write to stdout: No space left on device (os error 28)\n");
}

#[test]
fn an_error_survives_a_closed_stderr() {
    let script = "exec \"$0\" --bogus 2>&-";
    let finished = Run::of("sh", ["-c".into(), script.into(), support::monofy().into_os_string()]).finish();
    finished.assert_status(125).assert_stdout("");
    let finished = Run::new(["--bogus"]).with(|command| _ = command.stderr(Stdio::null())).finish();
    finished.assert_status(125);
}

#[test]
fn a_program_is_not_needed_for_help() {
    let (finished, was_started) = line(["-h", "a"]).run();
    assert!(!was_started);
    finished.assert_status(0);
}

#[test]
fn the_schemas_that_are_printed_are_those_that_lie_in_the_project() {
    for name in ["defaults", "plan"] {
        let file = format!("{}/schema/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
        let schema = std::fs::read_to_string(file).expect("there is a schema");
        Run::new(["--schema", name]).finish().assert_status(0).assert_stdout(&schema);
    }
    Run::new(["--schema=other"]).finish().assert_status(125).assert_stdout("");
}

#[test]
fn a_plan_quotes_a_program_that_a_shell_would_take_for_an_assignment() {
    let (finished, _) = line(["--plan", "--", "A=b", "x"]).run();
    finished.assert_status(0).assert_stdout("processes, side by side\n└─ A=b  'A=b' x\n");
}

#[test]
fn a_plan_with_problems_says_that_it_is_incomplete() {
    let (finished, _) = line(["--plan", "a", "${A:?}"]).run();
    finished.assert_status(125);
    let expected = "incomplete: 1 problem, so nothing can be started\nprocesses, side by side\n";
    assert!(finished.stdout.starts_with(expected), "{finished:#?}");
}

#[test]
fn options_that_have_no_effect_on_a_plan_are_refused_with_it() {
    for option in ["--set=A=b", "--env-file=f", "--defaults=f", "--only=a", "--strict", "--secret=A"] {
        let (finished, was_started) = line(["--run-plan=/dev/null", option]).run();
        assert!(!was_started);
        finished.assert_status(125);
        let name = option.split('=').next().unwrap_or_default();
        assert!(finished.stderr.contains(&format!("{name} has no effect on it")), "{finished:#?}");
    }
}
