//! What has no equal on an engine is a comment.

use crate::files::{line, succeeded, written};
use crate::support::Folder;

/// The comments, each in one line.
fn comments(text: &str) -> String {
    let lines = text.lines().map(|line| line.trim_start().strip_prefix("# ").unwrap_or("\n"));
    lines.collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn tells(engine: &str, arguments: &[&str], expected: &str) {
    let comments = comments(&written(engine, arguments));
    assert!(comments.contains(expected), "no {expected:?} in {comments}");
}

#[test]
fn what_another_container_cannot_ask_is_told() {
    let line = ["--name=db", "--ready=fd:3", "db", "|||", "--after=db", "web"];
    tells("kubernetes", &line, "--after db has no equal here: its check names no port");
    tells("swarm", &line, "--after db has no equal here: its check names no port");
    let line = ["--name=job", "--once", "job", "|||", "--after=job", "web"];
    tells("kubernetes", &line, "--after job has no equal here: its end cannot be asked");
}

#[test]
fn this_container_alone_and_shared_paths_are_told() {
    for engine in ["compose", "swarm", "kubernetes"] {
        let loopback = "127.0.0.1 in its words is this container alone";
        tells(engine, &["web", "--bind=127.0.0.1:${PORT:-80}"], loopback);
        tells(engine, &["--wait=tcp:5432", "web"], loopback);
        let line = [
            "--name=a",
            "a",
            "--socket=/run/app/x",
            "|||",
            "--name=b",
            "b",
            "unix:/run/app/x",
            "/etc/x",
            "/bin/y",
        ];
        tells(engine, &line, "/run/app/x is in the words of a and b");
        let own = comments(&written(
            engine,
            &["--ready=tcp:8000", "web", "/srv", "|||", "other", "http://web/srv"],
        ));
        assert!(!own.contains("127.0.0.1") && !own.contains("/srv"), "{own}");
    }
}

#[test]
fn what_the_engine_cannot_do_and_what_is_not_known_is_told() {
    tells("kubernetes", &["--user=app", "web"], "Kubernetes takes users by number");
    tells("kubernetes", &["--stop-signal=QUIT", "web"], "Kubernetes sends TERM, and monofy SIGQUIT");
    tells("compose", &["--grace=none", "web"], "A stop without a limit has no equal here");
    tells("compose", &["--ready=http:$PORT/", "web"], "--ready depends on a variable without a default");
    tells("compose", &["--if=$WEB", "web", "|||", "x"], "web is left out: --if=$WEB is false.");
    tells("compose", &["--replicas=2", "web", "$MONOFY_REPLICA"], "MONOFY_REPLICA is the same in each copy");
}

#[test]
fn where_files_are_relative_or_rendered_monofy_changes_the_directory_and_the_user_itself() {
    let folder = Folder::new();
    folder.file("monofy.toml", "");
    folder.file("t", "x");
    let run = |arguments: &[&str]| succeeded(&line("compose", arguments).directory(folder.path()).finish());
    let text = run(&["--workdir=/app", "web"]);
    assert!(!text.contains("working_dir") && comments(&text).contains("changes to /app itself"), "{text}");
    let text = run(&["--render=t:/tmp/t", "--user=1", "web"]);
    assert!(!text.contains("user:") && comments(&text).contains("runs this as 1."), "{text}");
    let text = run(&["--no-defaults", "--workdir=/app", "web"]);
    assert!(text.contains("working_dir: /app"), "{text}");
}
