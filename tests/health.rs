//! `--health` and `--status`: how a run is, asked from outside.

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
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

/// Waits until the start of the process was published, without asking its checks for long.
fn until_running(running: &Running) {
    until("a published start", || {
        let status = std::fs::read_dir(format!("/proc/{}/fd", running.pid())).unwrap().filter_map(|entry| {
            let path = entry.ok()?.path();
            let is_status = std::fs::read_link(&path).ok()?.to_string_lossy().contains("memfd:monofy");
            is_status.then(|| std::fs::read(path).ok()).flatten()
        });
        let is_up = |status: Vec<u8>| String::from_utf8_lossy(&status).contains("\"stage\":\"running\"");
        status.into_iter().any(is_up).then_some(())
    });
}

/// A server at a port of its own, of which this takes each connection, once the request was read.
fn server(answer: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        while let Ok((mut connection, _)) = listener.accept() {
            let _ = connection.read(&mut [0; 1024]);
            answer(connection);
        }
    });
    port
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
    complains(&running, "db is not ready\nweb has not been started yet");
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
    assert_eq!(rows[0], ["NAME", "PID", "STATE", "READY", "ALIVE", "RESTARTS", "UPTIME", "LAST", "EXIT"]);
    for (row, name) in rows[1..].iter().zip(["web", "worker"]) {
        let pid: i32 = row[1].parse().unwrap();
        assert!(support::children(running.pid()).contains(&pid), "{table:#?}");
        let columns = [row[0], row[2], row[3], row[4], row[5], row[7]];
        assert_eq!(columns, [name, "running", "yes", "-", "0", "-"]);
        assert!(row[6].ends_with('s'), "{table:#?}");
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
    let running = run_until(
        &["--alive=file:/", "--alive=exec:true", "sleep", "100", "|||", "sleep", "100"],
        "sleep.2 started",
    );
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

#[test]
fn the_alive_checks_are_asked_each_time() {
    let folder = Folder::new();
    let is_down = Arc::new(AtomicBool::new(false));
    let state = Arc::clone(&is_down);
    let port = server(move |mut connection| {
        let status = if state.load(Ordering::SeqCst) { "503 Service Unavailable" } else { "204 Fine" };
        let _ = write!(connection, "HTTP/1.1 {status}\r\n\r\n");
    });
    let socket = folder.path().join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    let file = folder.file("file", "");
    let checks = [
        format!("--alive=http://localhost:{port}/"),
        format!("--alive=tcp:{port}"),
        format!("--alive=unix:{}", socket.display()),
        format!("--alive=file:{}", file.display()),
        "--alive=exec:test -e $<FILE>".to_owned(),
        "--name=web".to_owned(),
    ];
    let words: Vec<&str> = checks.iter().map(String::as_str).chain(["sleep", "100"]).collect();
    let running = Run::new(&words).env("FILE", &file).start();
    running.stderr.wait_for("web started");
    healthy(&running);
    is_down.store(true, Ordering::SeqCst);
    let first = format!("web is not alive: http://localhost:{port}/: status 503 Service Unavailable");
    ask(&running, "--health").assert_status(1).assert_stdout(&format!("{first}\n"));
    std::fs::remove_file(&file).unwrap();
    std::fs::remove_file(&socket).unwrap();
    let missing = "no such file or directory";
    let all = format!(
        "{first}; unix:{}: {missing}; file:{}: {missing}; exec:test -e $<FILE>: exited with status 1\n",
        socket.display(),
        file.display()
    );
    ask(&running, "--health").assert_status(1).assert_stdout(&all);
    let table = ask(&running, "--status");
    assert!(table.assert_status(0).stdout.contains(" failing "), "{table:#?}");
    assert!(table.stdout.ends_with(&all), "{table:#?}");
    is_down.store(false, Ordering::SeqCst);
    folder.file("file", "");
    let status: Value = serde_json::from_str(&ask(&running, "--status=json").stdout).unwrap();
    let web = &status["processes"][0];
    assert_eq!([&web["alive"], &status["healthy"]], [false, false]);
    let ok: Vec<bool> =
        web["alive_checks"].as_array().unwrap().iter().map(|check| check["ok"] == true).collect();
    assert_eq!(ok, [true, true, false, true, true], "{web}");
    assert_eq!(web["alive_checks"][2]["reason"], missing);
    assert_eq!(web["alive_checks"][4]["check"], "exec:test -e $<FILE>");
}

#[test]
fn each_process_that_is_not_healthy_has_a_line() {
    let line = [
        "--name=a",
        "--alive=file:/no/such",
        "sleep",
        "100",
        "|||",
        "--name=b",
        "--alive=file:/",
        "sleep",
        "100",
        "|||",
        "--name=c",
        "--alive=tcp:no..such:1",
        "sleep",
        "100",
        "|||",
        "--name=d",
        "--ready=file:/no/such",
        "--alive=tcp:1",
        "sleep",
        "100",
    ];
    let running = run_until(&line, "d started");
    let expected = "a is not alive: file:/no/such: no such file or directory\n\
                    c is not alive: tcp:no..such:1: no such host\n\
                    d is not ready";
    complains(&running, expected);
    let status: Value = serde_json::from_str(&ask(&running, "--status=json").stdout).unwrap();
    let alive: Vec<&Value> = status["processes"].as_array().unwrap().iter().map(|it| &it["alive"]).collect();
    assert_eq!(alive, [&json!(false), &json!(true), &json!(false), &json!(null)]);
}

#[test]
fn all_checks_are_asked_side_by_side() {
    // Each server answers once all five have been asked: one after another, none would be.
    let all = Arc::new(Barrier::new(5));
    let checks = (0..5).map(|_| {
        let all = Arc::clone(&all);
        let port = server(move |mut connection| {
            all.wait();
            let _ = connection.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        });
        format!("--alive=http:{port}/")
    });
    let checks: Vec<String> = checks.collect();
    let mut line: Vec<&str> = checks[..3].iter().map(String::as_str).collect();
    line.extend(["--name=a", "sleep", "100", "|||"]);
    line.extend(checks[3..].iter().map(String::as_str));
    line.extend(["--name=b", "sleep", "100"]);
    let running = run_until(&line, "b started");
    healthy(&running);
}

#[test]
fn a_check_that_is_not_answered_has_failed_after_5_s_and_holds_up_no_other() {
    let silent = server(std::mem::forget);
    let http = format!("--alive=http:{silent}/");
    let exec = "--alive=exec:sh -c 'echo stuck >&2; sleep 1000'";
    let line = ["--name=web", &http, exec, "--alive=file:/no/such", "sleep", "100"];
    let running = run_until(&line, "web started");
    until_running(&running);
    let began = Instant::now();
    let finished = ask(&running, "--health");
    let took = began.elapsed();
    let expected = format!(
        "web is not alive: http:{silent}/: the request is not answered within 5 s; \
         exec:sh -c 'echo stuck >&2; sleep 1000': it does not end within 5 s: stuck; \
         file:/no/such: no such file or directory\n"
    );
    finished.assert_status(1).assert_stdout(&expected);
    assert!(took >= Duration::from_secs(5) && took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn a_signal_ends_the_question_and_its_commands() {
    let folder = Folder::new();
    let file = folder.path().join("pid");
    let check = format!("--alive=exec:sh -c 'echo $$ > {}; exec sleep 1000'", file.display());
    let running = run_until(&["--name=web", &check, "sleep", "100"], "web started");
    until_running(&running);
    let asking = Run::new(["--health", "--pid", &running.pid().to_string()]).start();
    let pid: i32 =
        until("the command of the check", || std::fs::read_to_string(&file).ok()?.trim().parse().ok());
    asking.signal(15);
    let finished = asking.finish();
    finished.assert_status(1);
    assert!(finished.stdout.starts_with("web is not alive: exec:"), "{finished:#?}");
    assert!(support::is_gone(pid));
}

#[test]
fn the_command_of_a_check_is_run_as_its_process_is() {
    let folder = Folder::new();
    folder.file("here", "");
    let check = "--alive=exec:sh -c 'test -e here && test $$OWN = value && test $(umask) = 0027'";
    let workdir = format!("--workdir={}", folder.path().display());
    let line = ["--name=web", check, &workdir, "--umask=027", "OWN=value", "sleep", "100"];
    let running = run_until(&line, "web started");
    healthy(&running);
    let wrong = "--alive=exec:sh -c 'echo $$OWN >&2; exit 7'";
    let running = run_until(&["--name=web", wrong, &workdir, "OWN=value", "sleep", "100"], "web started");
    until("a failing check", || {
        let finished = ask(&running, "--health");
        finished.stdout.ends_with(": exited with status 7: value\n").then_some(())
    });
    let missing = ["--name=web", "--alive=exec:no-such-program", "sleep", "100"];
    complains(
        &run_until(&missing, "web started"),
        "web is not alive: exec:no-such-program: not found in PATH",
    );
}

#[test]
fn secrets_of_a_check_are_not_shown() {
    let line = ["--secret=TOKEN", "--name=web", "--alive=file:/no/$TOKEN", "sleep", "100"];
    let running = Run::new(line).env("TOKEN", "hunter2").start();
    running.stderr.wait_for("web started");
    complains(&running, "web is not alive: file:/no/$TOKEN: no such file or directory");
    for question in ["--status", "--status=json"] {
        let answer = ask(&running, question);
        assert!(!answer.stdout.contains("hunter2"), "{answer:#?}");
    }
}
