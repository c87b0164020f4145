//! No line is lost, torn or reordered within a stream.

use std::process::Stdio;

use super::line::run;
use super::support::{Finished, Folder, Run, memory};

const LINES: usize = 200_000;
const RUNS: usize = 20;

/// Two processes that write this many lines to each of their streams and exit.
fn two(output: &str, count: usize) -> Run {
    let count = count.to_string();
    run(&[
        "-q", "-o", output, "--name", "a", "probe", "lines", "a", &count, "|||", "--name", "b", "probe",
        "lines", "b", &count,
    ])
}

/// Checks that each stream of each process has all lines in order, and that there is nothing else.
fn assert_complete(text: &str, streams: &[&str], count: usize) {
    for process in ["a", "b"] {
        for stream in streams {
            let start = format!("{process}      | {process} {stream} ");
            let mut expected = 0;
            for line in text.lines().filter(|line| line.starts_with(&start)) {
                expected += 1;
                assert_eq!(line[start.len()..], expected.to_string(), "in {stream} of {process}");
            }
            assert_eq!(expected, count, "lines in {stream} of {process}");
        }
    }
    assert_eq!(text.lines().count(), 2 * count * streams.len(), "no other lines");
}

#[test]
fn no_line_of_two_busy_processes_is_lost_torn_or_reordered() {
    for _ in 0..RUNS {
        let Finished { status, stdout, stderr } = two("prefix", LINES).finish();
        assert_eq!(status, 0);
        assert_complete(&stdout, &["stdout"], LINES);
        assert_complete(&stderr, &["stderr"], LINES);
    }
}

#[test]
fn no_line_tears_another_when_both_streams_are_one_file() {
    let finished = Run::of("sh", ["-c", "exec \"$@\" 2>&1", "sh"]);
    let finished = finished.with(|command| {
        command.arg(super::support::monofy()).args(["-q", "-o", "prefix"]);
        for (name, operator) in [("a", Some("|||")), ("b", None)] {
            command.args(["--name", name]).arg(super::support::probe()).args(["lines", name, "50000"]);
            command.args(operator);
        }
    });
    let finished = finished.finish();
    finished.assert_status(0);
    assert_complete(&finished.stdout, &["stdout", "stderr"], 50_000);
}

#[test]
fn the_last_line_needs_no_newline() {
    let names: Vec<String> = (1000..2000).map(|number| format!("a{number}")).collect();
    let mut words = vec!["-q", "-o", "prefix"];
    for name in &names {
        words.extend(["--name", name, "printf", "last", "&&"]);
    }
    words.pop();
    // Under load: more busy processes than processors.
    let mut load: Vec<_> = (0..3)
        .map(|_| std::process::Command::new("yes").stdout(Stdio::null()).spawn().expect("there is a yes"))
        .collect();
    let finished = run(&words).finish();
    for busy in &mut load {
        busy.kill().expect("it runs");
        busy.wait().expect("it ends");
    }
    let expected: Vec<String> = names.iter().map(|name| format!("{name}  | last")).collect();
    finished.assert_status(0).assert_stdout(&(expected.join("\n") + "\n"));
}

#[test]
fn the_output_of_a_process_comes_before_the_notice_of_its_exit() {
    let script = "seq 200 >&2; printf last >&2; exit 3";
    for _ in 0..20 {
        let finished = run(&["-oprefix", "--name", "a", "sh", "-c", script]).finish();
        finished.assert_status(3);
        let lines: Vec<&str> = finished.stderr.lines().collect();
        assert_eq!(lines[201..=202], ["a      | last", "monofy | a exited with status 3"]);
    }
}

#[test]
fn a_line_of_100_mebibytes_passes_in_less_than_4_mebibytes_of_memory() {
    let folder = Folder::new();
    let status = folder.path().join("status");
    let script = format!(
        "head -c 104857600 /dev/zero | tr '\\0' x; echo; cat /proc/$$PPID/status >{}",
        status.display()
    );
    for (output, front, end) in [("prefix", "a      | ", ""), ("json", "{\"time\":", "\"}")] {
        let run = run(&["-q", "-o", output, "--name", "a", "sh", "-c", &script, "|||", "sleep", "1000"]);
        let finished = run.finish();
        assert_eq!(finished.status, 0);
        let line = finished.stdout.strip_suffix('\n').expect("one line");
        assert!(line.starts_with(front) && line.ends_with(end));
        assert_eq!(line.bytes().filter(|byte| *byte == b'x').count(), 104_857_600);
        assert!(!line.contains('\n'));
        let peak = memory(&std::fs::read_to_string(&status).expect("it was written"));
        assert!(peak < 4096, "{output}: {peak} KiB");
    }
}

#[test]
fn a_silent_stream_in_the_middle_of_a_long_line_delays_others_for_a_second() {
    let long = "head -c 100000 /dev/zero | tr '\\0' x; read go; echo end";
    let (go, gone) = std::io::pipe().expect("a pipe");
    let running = run(&[
        "-oprefix",
        "--name",
        "long",
        "sh",
        "-c",
        long,
        "|||",
        "--name",
        "b",
        "sh",
        "-c",
        "while sleep 0.1; do echo b; done",
    ]);
    let running = running.stdin(go).start();
    // The part written until then is a line of its own, and so is the rest.
    running.stdout.wait_for("long   | xxx");
    running.stdout.wait_for("b      | b");
    drop(gone);
    let shown = running.finish().stdout;
    let lines: Vec<&str> = shown.lines().filter(|line| !line.starts_with("b ")).collect();
    assert_eq!(lines.len(), 2, "{}", lines.len());
    let rest = |line: &str| line.strip_prefix("long   | ").expect("the line has its name").to_owned();
    assert_eq!(rest(lines[0]) + &rest(lines[1]), "x".repeat(100_000) + "end");
}
