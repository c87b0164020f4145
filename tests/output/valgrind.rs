//! No system call gets memory that nobody has written (valgrind): the unused half of an argument included.

use super::support::{Run, has_tool, in_path, monofy};

#[test]
fn valgrind_has_nothing_to_report() {
    if !has_tool("valgrind", in_path("valgrind")) {
        return;
    }
    for output in ["raw", "prefix", "json"] {
        let words = ["-q", "--error-exitcode=99", "--child-silent-after-fork=yes"];
        let finished = Run::of("valgrind", words).with(|command| {
            command.arg(monofy()).args(["-o", output, "--grace=5s", "true", "&&", "--tty"]);
            command.args(["sh", "-c", "seq 1000; seq 1000 >&2", "|||", "sleep", "1000"]);
        });
        // 99 if there was a report. A request of ioctl(2) that valgrind does not know is a warning and no report.
        finished.finish().assert_status(0);
    }
}
