//! Tests that run in every environment: as PID 1 or below another init, with all rights or none.

use std::time::Duration;

use crate::engine::Images;

/// Less than Docker's own deadline (10 s), and more than a slow machine needs.
const AT_ONCE: Duration = Duration::from_secs(5);

macro_rules! in_every_environment {
    ($($environment:ident: $options:expr;)*) => { $(
        mod $environment {
            const OPTIONS: &[&str] = &$options;

            #[test]
            fn a_hundred_orphans_leave_no_zombie() {
                super::a_hundred_orphans_leave_no_zombie(OPTIONS);
            }

            #[test]
            fn docker_stop_ends_a_setup_command_at_once_and_nothing_later_starts() {
                super::docker_stop_ends_a_setup_command_at_once_and_nothing_later_starts(OPTIONS);
            }

            #[test]
            fn a_worker_that_exits_with_7_gives_the_container_status_7() {
                super::a_worker_that_exits_with_7_gives_the_container_status_7(OPTIONS);
            }

            #[test]
            fn a_process_that_ignores_term_is_killed_in_time_and_named() {
                super::a_process_that_ignores_term_is_killed_in_time_and_named(OPTIONS);
            }

            #[test]
            fn docker_stop_of_well_behaved_processes_gives_0() {
                super::docker_stop_of_well_behaved_processes_gives_0(OPTIONS);
            }
        }
    )* };
}

in_every_environment! {
    as_pid_1: [];
    below_dockers_init: ["--init"];
    without_rights: ["--read-only", "--user", "1234", "--cap-drop=ALL", "--network", "none"];
    without_new_rights: [
        "--read-only", "--user", "1234", "--cap-drop=ALL", "--network", "none",
        "--security-opt", "no-new-privileges"
    ];
    below_dockers_init_without_rights: [
        "--init", "--read-only", "--user", "1234", "--cap-drop=ALL", "--network", "none",
        "--security-opt", "no-new-privileges"
    ];
}

fn a_hundred_orphans_leave_no_zombie(options: &[&str]) {
    // The subshell ends at once and does not wait for `true`, which becomes an orphan.
    // `$$` leaves a dollar for the shell.
    let orphans = "
        i=0
        while [ $$i -lt 100 ]; do (true &); i=$((i + 1)); done
        while grep -qs '^State:.Z' /proc/[0-9]*/status; do :; done
        echo no zombie is left";
    let Some(images) = Images::get() else { return };
    let finished = images.finish(options, &["-v", "sh", "-c", orphans, "|||", "sleep", "100"]);
    finished.assert_status(0).assert_stdout("no zombie is left\n");
    let reaped = finished.stderr.lines().filter(|line| line.contains("orphan reaped")).count();
    assert_eq!(reaped, 100, "{finished:#?}");
}

fn docker_stop_ends_a_setup_command_at_once_and_nothing_later_starts(options: &[&str]) {
    let Some(images) = Images::get() else { return };
    // The shell waits for a child, as a migration script does.
    let setup = ["sh", "-c", "echo migrating; sleep 100; echo migrated"];
    let rest = ["&&", "echo", "second setup", "&&", "echo", "web", "|||", "echo", "worker"];
    let container = images.start(options, &[&setup[..], &rest[..]].concat());
    container.stdout().wait_for("migrating");
    let took = container.stop();
    let finished = container.finish();
    finished.assert_status(0).assert_stdout("migrating\n");
    assert!(took < AT_ONCE, "the stop took {took:?}: {finished:#?}");
}

fn a_worker_that_exits_with_7_gives_the_container_status_7(options: &[&str]) {
    let Some(images) = Images::get() else { return };
    let finished = images.finish(options, &["sleep", "100", "|||", "--name", "worker", "sh", "-c", "exit 7"]);
    finished.assert_status(7).assert_stdout("").assert_reported("ended with status 7, because worker exited");
}

fn a_process_that_ignores_term_is_killed_in_time_and_named(options: &[&str]) {
    let Some(images) = Images::get() else { return };
    let stubborn = ["--name", "stubborn", "sh", "-c", "trap '' TERM; echo ready; sleep 100"];
    let arguments = [&["--grace", "2s", "sleep", "100", "|||"][..], &stubborn].concat();
    let container = images.start(options, &arguments);
    container.stdout().wait_for("ready");
    let took = container.stop();
    let finished = container.finish();
    finished.assert_status(137).assert_reported("killed stubborn");
    let grace = Duration::from_secs(2);
    assert!(took >= grace && took < grace + AT_ONCE, "the stop took {took:?}: {finished:#?}");
}

fn docker_stop_of_well_behaved_processes_gives_0(options: &[&str]) {
    let Some(images) = Images::get() else { return };
    // One process dies of the signal, one exits with 0, and one exits with 143 as a shell or a JVM does.
    // They sleep shortly: a child of the shell between fork and exec still has the trap and loses the signal.
    let ends_with_0 = "trap 'echo bye; exit 0' TERM; echo first is ready; while :; do sleep 0.1; done";
    let reports_143 = "trap 'exit 143' TERM; echo second is ready; while :; do sleep 0.1; done";
    let arguments = ["sleep", "100", "|||", "sh", "-c", ends_with_0, "|||", "sh", "-c", reports_143];
    let container = images.start(options, &arguments);
    container.stdout().wait_for("first is ready");
    container.stdout().wait_for("second is ready");
    let took = container.stop();
    let finished = container.finish();
    finished.assert_status(0).assert_reported("ended with status 0, because SIGTERM was received");
    assert!(finished.stdout.ends_with("bye\n"), "{finished:#?}");
    assert!(took < AT_ONCE, "the stop took {took:?}: {finished:#?}");
}

#[test]
fn a_read_only_root_is_enough() {
    let Some(images) = Images::get() else { return };
    let script =
        "test ! -e /tmp && test ! -e /run && ! touch /written 2>/dev/null && echo nothing is writable";
    let options = ["--read-only", "--user", "1234:1234", "--cap-drop=ALL", "--network", "none"];
    let finished = images.finish(&options, &["sh", "-c", script, "&&", "true", "|||", "sleep", "100"]);
    finished.assert_status(0).assert_stdout("nothing is writable\n");
}
