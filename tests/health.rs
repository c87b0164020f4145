//! `--health` and `--status`: how a run is, asked from outside.

mod support;

use serde_json::Value;
use support::{Finished, Folder, Run, Running, has_tool, in_path, monofy, probe, until};

/// monofy with these arguments, until its notices hold this.
fn run_until(words: &[&str], notice: &str) -> Running {
    let running = Run::new(words).start();
    running.stderr.wait_for(notice);
    running
}

fn ask(running: &Running, question: &str) -> Finished {
    Run::new([question, "--pid", &running.pid().to_string()]).finish()
}

/// Asks until the answer is this, since what was told may be published a moment later.
fn healthy(running: &Running) {
    until("a healthy run", || (ask(running, "--health").status == 0).then_some(()));
}

fn complains(running: &Running, words: &str) {
    until(words, || {
        let finished = ask(running, "--health");
        (finished.status == 1 && finished.stdout == format!("{words}\n") && finished.stderr.is_empty())
            .then_some(())
    });
}

#[test]
fn a_run_whose_processes_all_run_is_healthy_and_says_nothing() {
    let running = run_until(&["sleep", "100", "|||", "sleep", "100"], "sleep.2 started");
    healthy(&running);
    ask(&running, "--health").assert_status(0).assert_stdout("");
}

#[test]
fn a_run_is_not_healthy_while_its_setup_runs() {
    let running = run_until(&["--name=migrate", "sleep", "100", "&&", "true"], "migrate started");
    complains(&running, "setup command migrate is still running");
}

#[test]
fn a_process_that_is_not_ready_is_named_and_what_waits_for_it() {
    let line = ["--name=db", "--ready=notify", "sleep", "100", "|||", "--name=web", "--after=db", "true"];
    let running = run_until(&line, "db started");
    complains(&running, "db is not ready; web has not been started yet");
}

#[test]
fn a_run_that_is_being_stopped_is_not_healthy() {
    let stubborn = ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"];
    let running = Run::new(["--grace=none"].iter().chain(&stubborn)).start();
    running.stdout.wait_for("ready");
    healthy(&running);
    running.signal(15);
    complains(&running, "the run is being stopped");
}

#[test]
fn a_process_that_is_started_again_is_named_with_its_end() {
    let folder = Folder::new();
    let fail = folder.path().join("fail");
    let script = format!("test -e {} || {{ echo works; exec sleep 100; }}; exit 3", fail.display());
    let running = run_until(&["--name=worker", "--restart=always", "sh", "-c", &script], "worker started");
    healthy(&running);
    // The shell has looked for the file by then.
    running.stdout.wait_for("works");
    folder.file("fail", "");
    let worker = support::children(running.pid())[0];
    support::send(worker, 9);
    until("a worker in its back-off", || {
        let finished = ask(&running, "--health");
        let expected = "worker is waiting to be restarted: it exited with status 3\n";
        (finished.status == 1 && finished.stdout == expected).then_some(())
    });
    std::fs::remove_file(fail).unwrap();
    healthy(&running);
    let status: Value = serde_json::from_str(&ask(&running, "--status=json").stdout).unwrap();
    assert!(status["processes"][0]["restarts"].as_u64().unwrap() >= 2, "{status}");
    assert_eq!(status["processes"][0]["last_exit"]["status"], 3);
}

#[test]
fn the_status_is_a_table_for_people() {
    let running =
        run_until(&["--name=web", "sleep", "100", "|||", "--name=worker", "sleep", "100"], "worker started");
    healthy(&running);
    let table = ask(&running, "--status");
    table.assert_status(0);
    let rows: Vec<Vec<&str>> = table.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["NAME", "PID", "STATE", "READY", "RESTARTS", "UPTIME", "LAST", "EXIT"]);
    for (row, name) in rows[1..].iter().zip(["web", "worker"]) {
        let pid: i32 = row[1].parse().unwrap();
        assert!(support::children(running.pid()).contains(&pid), "{table:#?}");
        assert_eq!([row[0], row[2], row[3], row[4], row[6]], [name, "running", "yes", "0", "-"]);
        assert!(row[5].ends_with('s'), "{table:#?}");
    }
    assert_eq!(rows.len(), 3, "{table:#?}");
}

#[test]
fn the_status_is_an_object_for_programs() {
    let running = run_until(&["--name=web", "sleep", "100"], "web started");
    healthy(&running);
    let status: Value = serde_json::from_str(&ask(&running, "--status=json").stdout).unwrap();
    assert_eq!(status["pid"], running.pid());
    assert_eq!([&status["stage"], &status["healthy"]], [&Value::from("running"), &Value::from(true)]);
    let web = &status["processes"][0];
    assert_eq!([&web["name"], &web["state"]], ["web", "running"]);
    assert_eq!(web["pid"], support::children(running.pid())[0]);
    assert_eq!([&web["last_exit"], &web["restarts"]], [&Value::Null, &Value::from(0)]);
    assert!(web["uptime_ms"].as_u64().unwrap() < 60_000, "{web}");
}

#[test]
fn who_runs_nothing_cannot_be_asked() {
    let other = Run::of("sleep", ["100"]).start();
    let words = format!("process {} is not a running monofy\n", other.pid());
    ask(&other, "--health").assert_status(1).assert_stdout(&words);
    let status = ask(&other, "--status");
    status.assert_status(125).assert_stdout("");
    assert_eq!(status.stderr, format!("monofy: {words}"));
    Run::new(["--health", "--pid=2147483647"])
        .finish()
        .assert_status(1)
        .assert_stdout("/proc has no process 2147483647\n");
}

#[test]
fn without_a_pid_pid_1_is_asked_and_where_that_is_no_monofy_the_only_one() {
    if !has_tool("unshare (Debian: util-linux)", in_path("unshare")) {
        return;
    }
    let monofy = monofy();
    let namespace = ["--fork", "--pid", "--mount-proc", "--kill-child"];
    let health = "until \"$0\" --health; do :; done; echo healthy";
    // The run asks itself, as PID 1 and below a shell that is it.
    let line = [monofy.to_str().unwrap(), "-q", "sh", "-c", health, monofy.to_str().unwrap()];
    Run::of("unshare", namespace.iter().chain(&line)).finish().assert_status(0).assert_printed("healthy");
    let below = ["sh", "-c", "\"$@\"; exit $?", "sh"];
    let finished = Run::of("unshare", namespace.iter().chain(&below).chain(&line)).finish();
    finished.assert_status(0).assert_printed("healthy");
    // Of two nobody knows which is meant.
    let two = "\"$0\" -q sleep 100 & a=$!; \"$0\" -q sleep 100 & b=$!; \
               until \"$0\" --health | grep -q \"several are running here, as processes $a, $b; select one with --pid\"; do :; done; \
               echo told";
    let finished =
        Run::of("unshare", namespace.iter().copied().chain(["sh", "-c", two, monofy.to_str().unwrap()]))
            .finish();
    finished.assert_status(0).assert_printed("told");
}

#[test]
fn no_process_inherits_what_is_published() {
    let folder = Folder::new();
    let file = folder.path().join("state");
    let probe = probe();
    // A setup command has run, so that something was published before the process was started.
    let line = ["sleep", "0.1", "&&", probe.to_str().unwrap(), "state", file.to_str().unwrap()];
    Run::new(line).finish().assert_status(0);
    let state = std::fs::read_to_string(file).unwrap();
    assert!(state.contains("descriptor") && !state.contains("memfd"), "{state}");
}

#[test]
fn who_asks_wakes_nobody() {
    let running = run_until(&["sleep", "100", "|||", "sleep", "100"], "sleep.2 started");
    healthy(&running);
    let switches = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", running.pid())).unwrap();
        status.lines().find(|line| line.starts_with("voluntary_ctxt_switches")).unwrap().to_owned()
    };
    until("an idle run", || (support::state(running.pid()) == Some('S')).then_some(()));
    let before = switches();
    for _ in 0..20 {
        ask(&running, "--health").assert_status(0);
    }
    assert_eq!(switches(), before, "who asks wakes nobody");
}
