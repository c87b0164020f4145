//! Sockets that a service manager opened for the processes of monofy (`sd_listen_fds(3)`).

use super::support::{Folder, Run, monofy, probe};

/// What the probe finds in its environment, and its process id, when monofy was started with these variables.
fn environment(variables: &str) -> (String, String) {
    let folder = Folder::new();
    let script = format!("{variables} exec $MONOFY sh -c 'echo $$; exec $PROBE state state'");
    let run = Run::of("sh", ["-c", &script]).env("MONOFY", monofy()).env("PROBE", probe());
    let finished = run.directory(folder.path()).finish();
    finished.assert_status(0);
    let state = std::fs::read_to_string(folder.path().join("state")).unwrap();
    let line = state.lines().find(|line| line.starts_with("environment")).unwrap();
    (format!("{line} "), finished.stdout.trim().to_owned())
}

#[test]
fn a_process_finds_its_own_pid_in_listen_pid() {
    let (found, pid) = environment("LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=web");
    assert!(found.contains(&format!(" LISTEN_PID={pid} ")), "{found} but pid {pid}");
    assert!(found.contains(" LISTEN_FDS=1 ") && found.contains(" LISTEN_FDNAMES=web "), "{found}");
    assert!(found.contains("PROBE=") && found.contains("PATH="), "{found}");
}

#[test]
fn the_pidfd_of_monofy_is_not_handed_on_as_that_of_a_process() {
    let (found, pid) = environment("LISTEN_PID=$$ LISTEN_PIDFDID=77 LISTEN_FDS=1");
    assert!(found.contains(&format!(" LISTEN_PID={pid} ")) && !found.contains("LISTEN_PIDFDID"), "{found}");
    let (found, _) = environment("LISTEN_PID=1 LISTEN_PIDFDID=77 LISTEN_FDS=1");
    assert!(found.contains(" LISTEN_PIDFDID=77 "), "{found}");
}

#[test]
fn variables_for_another_process_are_left_unchanged() {
    let (found, _) = environment("LISTEN_PID=1 LISTEN_FDS=1");
    assert!(found.contains(" LISTEN_PID=1 ") && found.contains(" LISTEN_FDS=1 "), "{found}");
    let (found, _) = environment("");
    assert!(!found.contains("LISTEN_"), "{found}");
}

#[test]
fn own_and_hidden_variables_are_the_same_as_without_sockets() {
    let folder = Folder::new();
    let script =
        "LISTEN_PID=$$ LISTEN_FDS=1 NOTIFY_SOCKET=/no/such exec $MONOFY PATH=/mine FOO=1 $PROBE state state";
    let run = Run::of("sh", ["-c", script]).env("MONOFY", monofy()).env("PROBE", probe());
    run.directory(folder.path()).finish().assert_status(0);
    let state = std::fs::read_to_string(folder.path().join("state")).unwrap();
    assert!(
        state.contains(" FOO=1 ") && state.contains(" PATH=/mine ") && state.contains(" LISTEN_PID="),
        "{state}"
    );
    assert!(!state.contains("NOTIFY_SOCKET"), "{state}");
}
