//! The notice about a process whose output stays in a buffer.

use super::line::run;
use super::support::{has_tool, in_path};

#[test]
fn one_notice_reports_a_python_process_that_buffers_its_output() {
    if !has_tool("python3", in_path("python3")) {
        return;
    }
    let script = "import time\nprint('out')\ntime.sleep(1000)";
    let tell = "import sys, time\nprint('out', file=sys.stderr)\ntime.sleep(1000)";
    let words = [
        "-oprefix",
        "--name",
        "a",
        "python3",
        "-c",
        script,
        "|||",
        "--name",
        "told",
        "PYTHONUNBUFFERED=1",
        "python3",
        "-c",
        script,
        "|||",
        "--name",
        "option",
        "python3",
        "-u",
        "-c",
        script,
        "|||",
        "--name",
        "speaks",
        "python3",
        "-c",
        tell,
        "|||",
        "--name",
        "terminal",
        "--tty",
        "python3",
        "-c",
        script,
        "|||",
        "--name",
        "other",
        "sleep",
        "1000",
    ];
    let running = run(&words).start();
    let told = running.stderr.wait_for("has written nothing");
    assert_eq!(
        told,
        "monofy   | a has written nothing for 10 s; Python buffers its output to a pipe: set \
         PYTHONUNBUFFERED=1, or give it --tty"
    );
    running.signal(15);
    let finished = running.finish();
    assert_eq!(finished.stderr.matches("has written nothing").count(), 1, "{}", finished.stderr);
}
