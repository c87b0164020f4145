//! Checks that are wrong: plan errors with carets, all at once.

use super::line::run;

/// The line is refused with exactly this on stderr.
fn refused(words: &[&str], environment: &[(&str, &str)], expected: &str) {
    let mut run = run(words);
    for (name, value) in environment {
        run = run.env(name, value);
    }
    let finished = run.finish();
    finished.assert_status(125).assert_stdout("");
    assert_eq!(finished.stderr, format!("{expected}\n"));
}

#[test]
fn every_wrong_check_of_a_line_is_reported_at_once() {
    refused(
        &[
            "--wait=smtp:25", "--wait=tcp:db:65536", "--wait=file:run/x", "--wait=unix:x", "--wait=tcp:my db:80",
            "--wait=https://db/", "--wait=exec:", "--wait=exec:  ", "--wait=http:80/a b", "--wait=log:ready",
            "--wait=notify", "--wait=fd:3", "true", "&&", "--alive=tcp:0", "--alive=notify", "--alive=exec:it's", "a",
        ],
        &[],
        "monofy: argument 1: unknown check 'smtp'; use tcp:[HOST:]PORT, http:[HOST:]PORT/PATH, unix:PATH, file:PATH or \
         exec:COMMAND
    --wait=smtp:25
           ^^^^^^^
monofy: argument 2: 'tcp:db:65536' is not an address; use tcp:PORT, tcp:HOST:PORT or tcp:[IPV6]:PORT; a port is a \
         number from 1 to 65535
    --wait=tcp:db:65536
           ^^^^^^^^^^^^
monofy: argument 3: 'file:run/x' is not an absolute path
    --wait=file:run/x
           ^^^^^^^^^^
monofy: argument 4: 'unix:x' is not an absolute path
    --wait=unix:x
           ^^^^^^
monofy: argument 5: 'tcp:my db:80' is not an address; use tcp:PORT, tcp:HOST:PORT or tcp:[IPV6]:PORT
    --wait=tcp:my db:80
           ^^^^^^^^^^^^
monofy: argument 6: 'https://db/' is not a supported check: https: needs TLS; use http:, tcp: or exec:
    --wait=https://db/
           ^^^^^^^^^^^
monofy: argument 7: 'exec:' is not a command: nothing follows exec:
    --wait=exec:
           ^^^^^
monofy: argument 8: 'exec:  ' is not a command: nothing follows exec:
    --wait=exec:  
           ^^^^^^^
monofy: argument 9: 'http:80/a b' is not a URL: the path of http: has characters that a URL cannot have
    --wait=http:80/a b
           ^^^^^^^^^^^
monofy: argument 10: 'log:ready' is not a check for --wait: log:, notify and fd:N are reported by a process of this \
         line; give them to its --ready, and use --after NAME to wait for it
    --wait=log:ready
           ^^^^^^^^^
monofy: argument 11: 'notify' is not a check for --wait: log:, notify and fd:N are reported by a process of this line; \
         give them to its --ready, and use --after NAME to wait for it
    --wait=notify
           ^^^^^^
monofy: argument 12: 'fd:3' is not a check for --wait: log:, notify and fd:N are reported by a process of this line; \
         give them to its --ready, and use --after NAME to wait for it
    --wait=fd:3
           ^^^^
monofy: argument 15: 'tcp:0' is not an address; use tcp:PORT, tcp:HOST:PORT or tcp:[IPV6]:PORT; a port is a number \
         from 1 to 65535
    --alive=tcp:0
            ^^^^^
monofy: argument 16: 'notify' is not a check for --alive: log:, notify and fd:N are reported once; use tcp:, http:, \
         unix:, file: or exec:, which can be asked each time
    --alive=notify
            ^^^^^^
monofy: argument 17: unclosed quote
    --alive=exec:it's
            ^^^^^^^^^",
    );
}

#[test]
fn a_wrong_check_in_monofy_wait_names_the_variable_and_not_its_value() {
    refused(
        &["--wait=tcp:x:0", "true"],
        &[("MONOFY_WAIT", "tcp:db:5432 hunter2 file:rel"), ("MONOFY_START_TIMEOUT", "soon")],
        "monofy: MONOFY_START_TIMEOUT: this environment variable has to be a duration above 0 such as 500ms, 8s, 1.5s, 2m \
         or 1h, or none
monofy: MONOFY_WAIT: check 2 of this environment variable: unknown check; use tcp:[HOST:]PORT, http:[HOST:]PORT/PATH, \
         unix:PATH, file:PATH or exec:COMMAND
monofy: MONOFY_WAIT: check 3 of this environment variable: not an absolute path
monofy: argument 1: 'tcp:x:0' is not an address; use tcp:PORT, tcp:HOST:PORT or tcp:[IPV6]:PORT; a port is a number \
         from 1 to 65535
    --wait=tcp:x:0
           ^^^^^^^
Try 'monofy --help'.",
    );
}

#[test]
fn what_is_wrong_only_by_a_value_is_reported_without_it() {
    refused(
        &["--wait=tcp:$HOST:80", "--wait=$KIND:x", "true"],
        &[("HOST", "hunter2 hunter2"), ("KIND", "hunter2")],
        "monofy: argument 1: the value of HOST is not an address; use tcp:PORT, tcp:HOST:PORT or tcp:[IPV6]:PORT
    --wait=tcp:$HOST:80
           ^^^^^^^^^^^^
monofy: argument 2: the value of KIND: unknown check; use tcp:[HOST:]PORT, http:[HOST:]PORT/PATH, unix:PATH, file:PATH \
         or exec:COMMAND
    --wait=$KIND:x
           ^^^^^^^",
    );
}

#[test]
fn a_setup_command_is_never_asked_whether_it_is_alive() {
    refused(
        &["--alive=tcp:80", "true", "&&", "true"],
        &[],
        "monofy: argument 1: for processes only: setup commands run one after another, each to its end
    --alive=tcp:80
            ^^^^^^",
    );
}

#[test]
fn a_start_timeout_has_to_be_a_time() {
    for wrong in ["0", "0ms", "soon", "-1s", "1d"] {
        let finished = run(&[&format!("--start-timeout={wrong}"), "true"]).finish();
        finished.assert_status(125).assert_reported("argument 1: invalid value");
    }
    let text = run(&["--start-timeout=0", "true"]).finish().stderr;
    assert!(text.contains("a start always takes some time; for no limit write none"), "{text}");
}
