//! Deaths by SIGKILL, and what the kernel says about them.

use crate::engine::Images;

#[test]
fn a_process_that_was_out_of_memory_is_reported_with_the_limit() {
    let Some(images) = Images::get() else { return };
    let limits = ["--memory=64m", "--memory-swap=64m"];
    let line = ["--name=web", "sleep", "100", "|||", "--name=worker", "sort", "/dev/zero"];
    let finished = images.finish(&limits, &line);
    finished.assert_status(137);
    finished.assert_reported("monofy: worker was killed by SIGKILL: out of memory (limit 64 MiB)");
    finished.assert_reported("because worker was killed by SIGKILL: out of memory (limit 64 MiB)");
}

#[test]
fn a_process_that_restarts_is_reported_each_time_with_its_own_cause() {
    let Some(images) = Images::get() else { return };
    let limits = ["--memory=64m", "--memory-swap=64m"];
    let hungry = "test -e /tmp/second && kill -9 $$; echo >/tmp/second; exec sort /dev/zero";
    let line = ["--name=worker", "--restart=on-failure:1", "sh", "-c", hungry];
    let finished = images.finish(&[&limits[..], &["--tmpfs=/tmp"]].concat(), &line);
    finished.assert_status(137);
    finished.assert_reported("monofy: worker was killed by SIGKILL: out of memory (limit 64 MiB); ");
    finished.assert_reported("monofy: worker was killed by SIGKILL: not sent by monofy");
}

#[test]
fn a_sigkill_from_outside_the_container_is_reported_as_such() {
    let Some(images) = Images::get() else { return };
    let container = images.start(&[], &["--name=worker", "sleep", "100"]);
    container.stderr().wait_for("worker started");
    container.run(&[
        "sh",
        "-c",
        "kill -9 $(ps | grep 'sleep 100' | grep -v grep | while read p r; do echo $p; done)",
    ]);
    let finished = container.finish();
    finished.assert_status(137).assert_reported("worker was killed by SIGKILL: not sent by monofy");
}
