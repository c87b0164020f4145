//! Signals from outside the container.

use crate::engine::Images;

/// Prints every signal, and exits with 0 at those that ask for a stop. `$$` leaves a dollar for the shell.
const PRINTS_SIGNALS: &str = "
    for s in HUP USR1 USR2 WINCH; do trap \"echo got $$s\" $$s; done
    for s in INT QUIT TERM; do trap \"echo got $$s; exit 0\" $$s; done
    echo ready
    while :; do sleep 0.1; done";

#[test]
fn a_signal_that_asks_for_no_stop_is_passed_on_once_and_stops_nothing() {
    let Some(images) = Images::get() else { return };
    let container = images.start(&[], &["sh", "-c", PRINTS_SIGNALS]);
    container.stdout().wait_for("ready");
    for signal in ["HUP", "USR1", "USR2", "WINCH", "HUP"] {
        container.signal(signal);
        container.stdout().wait_for(&format!("got {signal}"));
    }
    // The second HUP may still be on its way; TERM comes after it.
    container.stop();
    let finished = container.finish();
    let expected = ["ready", "got HUP", "got USR1", "got USR2", "got WINCH", "got HUP", "got TERM", ""];
    finished.assert_status(0).assert_stdout(&expected.join("\n"));
}

fn a_stop_by(signal: &str) {
    let Some(images) = Images::get() else { return };
    let container = images.start(&[], &["sh", "-c", PRINTS_SIGNALS, "|||", "sleep", "100"]);
    container.stdout().wait_for("ready");
    container.signal(signal);
    let finished = container.finish();
    finished.assert_status(0).assert_stdout(&format!("ready\ngot {signal}\n"));
    finished.assert_reported(&format!("because SIG{signal} was received"));
}

#[test]
fn int_is_passed_on_and_stops_the_container() {
    a_stop_by("INT");
}

#[test]
fn quit_is_passed_on_and_stops_the_container() {
    a_stop_by("QUIT");
}

#[test]
fn a_process_gets_its_own_stop_signal_from_docker_stop() {
    let Some(images) = Images::get() else { return };
    let container = images.start(&[], &["--stop-signal", "QUIT", "sh", "-c", PRINTS_SIGNALS]);
    container.stdout().wait_for("ready");
    container.stop();
    container.finish().assert_status(0).assert_stdout("ready\ngot QUIT\n");
}

#[test]
fn a_second_int_from_docker_kills_nothing() {
    let Some(images) = Images::get() else { return };
    let container = images.start(&[], &["-v", "sh", "-c", "trap '' INT TERM; echo ready; sleep 100"]);
    container.stdout().wait_for("ready");
    container.signal("INT");
    container.stderr().wait_for("SIGINT was received");
    container.signal("INT");
    // Passed on like the first: only a second Ctrl-C at a terminal kills.
    container.stderr().wait_for("SIGINT passed on to sh");
    container.signal("KILL");
    let finished = container.finish();
    finished.assert_status(137);
    assert!(!finished.stderr.contains("killed sh"), "{finished:#?}");
}

#[test]
fn an_unbounded_stop_names_the_remaining_processes_before_docker_kills() {
    let Some(images) = Images::get() else { return };
    let arguments = ["--name", "stubborn", "sh", "-c", "trap '' TERM; echo ready; sleep 100"];
    let container = images.start(&[], &arguments);
    container.stdout().wait_for("ready");
    container.signal("TERM");
    container.stderr().wait_for("still waiting for stubborn");
    container.signal("KILL");
    container.finish().assert_status(137);
}
