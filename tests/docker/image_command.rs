//! The CMD of an image in exec form, with variables from `docker run -e`.

use crate::engine::Images;

#[test]
fn setup_runs_before_processes_and_defaults_apply() {
    let Some(images) = Images::get() else { return };
    let container = images.start_application(&[], &[]);
    for line in ["listening on 8000", "working by {\"default\":1}", "hello"] {
        container.stdout().wait_for(line);
    }
    container.stop();
    let finished = container.finish();
    finished.assert_status(0);
    assert!(finished.stdout.starts_with("setting up\n"), "{finished:#?}");
}

#[test]
fn variables_of_docker_run_reach_the_arguments() {
    let Some(images) = Images::get() else { return };
    let options = ["-e", "PORT=9000", "-e", "QUEUES=mail && x ||| y", "-e", "GREETED=$PORT"];
    let container = images.start_application(&options, &[]);
    // Values are inert: no operator, no second substitution.
    for line in ["listening on 9000", "working by mail && x ||| y", "hello $PORT"] {
        container.stdout().wait_for(line);
    }
    container.stop();
    container.finish().assert_status(0);
}

#[test]
fn monofy_plan_prints_the_plan_of_an_image_and_starts_nothing() {
    let Some(images) = Images::get() else { return };
    let text = images.start_application(&["-e", "MONOFY_PLAN=1", "-e", "PORT=9000"], &[]).finish();
    text.assert_status(0);
    assert!(text.stdout.contains(" 9000") && !text.stderr.contains("started"), "{text:#?}");
    let json = images.start_application(&["-e", "MONOFY_PLAN=json", "-e", "PORT=9000"], &[]).finish();
    json.assert_status(0);
    let plan: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(plan["processes"][0]["argv"][3], "9000", "{plan:#}");
    assert_eq!(plan["setup"][0]["argv"][2], "echo setting up", "{plan:#}");
}

#[test]
fn a_plan_that_one_container_prints_runs_in_another() {
    let Some(images) = Images::get() else { return };
    let plan = images.finish(&["-e", "STATUS=7"], &["--plan=json", "sh", "-c", "exit $0", "$STATUS"]);
    plan.assert_status(0);
    let folder = crate::support::Folder::new();
    let file = folder.file("plan.json", &plan.stdout);
    let volume = format!("{}:/plan.json:ro", file.display());
    images.finish(&["--volume", &volume], &["--run-plan", "/plan.json"]).assert_status(7);
}

#[test]
fn a_grace_from_docker_run_bounds_the_stop() {
    let Some(images) = Images::get() else { return };
    let command = ["monofy", "sh", "-c", "trap '' TERM; echo ready; sleep 100"];
    let container = images.start_application(&["-e", "MONOFY_GRACE=1s"], &command);
    container.stdout().wait_for("ready");
    container.stop();
    container.finish().assert_status(137).assert_reported("killed sh");
}

#[test]
fn an_unset_variable_is_an_error_with_monofy_strict() {
    let Some(images) = Images::get() else { return };
    let finished = images.start_application(&["-e", "MONOFY_STRICT=1"], &[]).finish();
    finished.assert_status(125).assert_stdout("").assert_reported("GREETED");
}

#[test]
fn a_missing_program_is_127_before_anything_runs_beside_it() {
    let Some(images) = Images::get() else { return };
    let finished = images.finish(&[], &["echo", "setup", "&&", "echo", "web", "|||", "no-such-program"]);
    finished.assert_status(127).assert_stdout("setup\n").assert_reported("no-such-program");
}
