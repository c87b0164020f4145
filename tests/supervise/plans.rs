//! Processes that end once, commands that are skipped, setup commands that are restarted and rewritten signals (contract,
//! 1.4, 4.2, 4.3 and 4.6), as a plan says it.

use std::path::Path;

use serde_json::{Value, json};

use super::line::{HUP, QUIT, TERM, USR1, USR2, all_got, got, ready};
use super::support::{Finished, Folder, Run, Running, probe, send};

/// A process of a plan: its name, its line, split at its blanks, and what else it has.
fn process(name: &str, line: &str, more: &Value) -> Value {
    let probe = probe().display().to_string();
    let words = line.split(' ').map(|word| if word == "probe" { probe.as_str() } else { word });
    let mut process = json!({ "name": name, "argv": words.collect::<Vec<_>>() });
    process.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    process
}

/// A run of these setup commands and processes.
struct Planned {
    run: Run,
    /// Holds the plan.
    _folder: Folder,
}

fn plan(setup: &[Value], processes: &[Value]) -> Planned {
    let folder = Folder::new();
    let plan = json!({ "version": 1, "setup": setup, "processes": processes });
    let file = folder.file("plan.json", plan.to_string());
    Planned { run: Run::new([Path::new("--run-plan"), &file]), _folder: folder }
}

impl Planned {
    /// Starts it and waits until it has read its plan.
    fn start(self) -> Running {
        let running = self.run.start();
        running.stderr.wait_for("started");
        running
    }

    fn finish(self) -> Finished {
        self.run.finish()
    }
}

#[test]
fn the_success_of_a_once_process_ends_nothing_and_its_failure_the_run() {
    let job = process("job", "probe wait job USR1=0", &json!({ "once": true }));
    let running = plan(&[], &[job, process("web", "probe wait web USR1=4", &json!({}))]).start();
    let [job, web] = ["job", "web"].map(|name| ready(&running, name));
    send(job, USR1);
    running.stderr.wait_for("job exited with status 0");
    running.signal(USR2);
    got(&running, "web", USR2);
    send(web, USR1);
    running.finish().assert_status(4);
    let failing = process("job", "false", &json!({ "once": true }));
    plan(&[], &[failing, process("b", "sleep 1000", &json!({}))]).finish().assert_status(1);
}

#[test]
fn a_run_of_once_processes_ends_with_0_when_all_have_succeeded() {
    let once = |name| process(name, "true", &json!({ "once": true }));
    let finished = plan(&[], &[once("a"), once("b")]).finish();
    finished.assert_status(0).assert_reported("ended with status 0, because no process is left to run");
}

#[test]
fn a_process_starts_after_the_success_of_a_once_process() {
    let job = process("job", "sleep 0.2", &json!({ "once": true }));
    let late = process("late", "echo late", &json!({ "after": ["job"] }));
    let finished = plan(&[], &[late, job]).finish();
    finished.assert_status(0).assert_stdout("late\n");
    let ends = finished.stderr.find("job exited with status 0").unwrap();
    assert!(ends < finished.stderr.find("late started").unwrap(), "{finished:?}");
}

#[test]
fn commands_whose_creates_path_exists_are_skipped() {
    let folder = Folder::new();
    let there = folder.file("there", "").display().to_string();
    let missing = folder.path().join("missing").display().to_string();
    let setup = [
        process("init", "false", &json!({ "creates": there })),
        process("made", "echo made", &json!({ "creates": missing })),
    ];
    let processes = [
        process("skipped", "sh -c exit", &json!({ "creates": there })),
        process("run", "echo run", &json!({ "after": ["skipped"] })),
    ];
    let finished = plan(&setup, &processes).finish();
    finished.assert_status(0).assert_stdout("made\nrun\n");
    finished.assert_reported("setup init is skipped").assert_reported("monofy: skipped is skipped");
}

#[test]
fn what_a_setup_command_has_made_counts_when_the_turn_of_another_comes() {
    let folder = Folder::new();
    let path = folder.path().join("data").display().to_string();
    let setup = [process("make", &format!("touch {path}"), &json!({}))];
    let finished = plan(&setup, &[process("init", "false", &json!({ "creates": path }))]).finish();
    finished.assert_status(0).assert_reported("because no process is left to run");
}

#[test]
fn a_signal_can_be_rewritten_for_one_process() {
    let rewrite = json!([{ "from": "HUP", "to": "USR2" }, { "from": "USR1", "to": null }]);
    let a = process("a", "probe wait a", &json!({ "rewrite": rewrite }));
    let running = plan(&[], &[a, process("b", "probe wait b", &json!({}))]).start();
    ready(&running, "a");
    ready(&running, "b");
    for number in [HUP, USR1] {
        running.signal(number);
        got(&running, "b", number);
    }
    got(&running, "a", USR2);
    running.signal(TERM);
    let finished = running.finish();
    finished.assert_status(0);
    assert_eq!(all_got(&finished.stdout, "a"), [USR2, TERM]);
}

#[test]
fn a_signal_that_is_rewritten_to_a_stop_signal_begins_a_stop() {
    let a = process("a", "probe wait a", &json!({ "rewrite": [{ "from": "USR1", "to": "QUIT" }] }));
    let running = plan(&[], &[a, process("b", "probe wait b", &json!({}))]).start();
    ready(&running, "a");
    ready(&running, "b");
    running.signal(USR1);
    let finished = running.finish();
    finished.assert_status(0).assert_reported("because SIGUSR1 was received");
    assert_eq!(all_got(&finished.stdout, "a"), [QUIT]);
    assert_eq!(all_got(&finished.stdout, "b"), [TERM]);
}

#[test]
fn a_once_process_that_has_ended_still_orders_the_stop() {
    let processes = [
        process("db", "probe wait db", &json!({})),
        process("migrate", "true", &json!({ "once": true, "after": ["db"] })),
        process("web", "probe wait web TERM=ignore USR1=0", &json!({ "after": ["migrate"] })),
    ];
    let running = plan(&[], &processes).start();
    let web = ready(&running, "web");
    running.signal(TERM);
    got(&running, "web", TERM);
    running.signal(HUP);
    got(&running, "db", HUP);
    assert_eq!(all_got(&running.stdout.so_far(), "db"), [HUP]);
    send(web, USR1);
    running.finish().assert_status(0);
}

#[test]
fn a_setup_command_is_restarted_on_failure() {
    let folder = Folder::new();
    let script = format!("echo x >>{0}; test $(wc -l <{0}) = 3", folder.path().join("count").display());
    let mut migrate = process("migrate", "sh -c", &json!({ "restart": "on-failure:2" }));
    migrate["argv"].as_array_mut().unwrap().push(script.into());
    let finished = plan(&[migrate], &[process("run", "echo run", &json!({}))]).finish();
    finished.assert_status(0).assert_stdout("run\n");
    finished.assert_reported("setup migrate exited with status 1; restarting in 0.2 s (attempt 2 of 2)");
}

#[test]
fn term_during_the_delay_of_a_setup_command_is_a_clean_stop() {
    let migrate = process("migrate", "false", &json!({ "restart": "on-failure" }));
    let running = plan(&[migrate], &[process("run", "echo never", &json!({}))]).start();
    running.stderr.wait_for("in 0.8 s");
    running.signal(TERM);
    running.finish().assert_status(0).assert_stdout("");
}
