//! `HEALTHCHECK CMD ["monofy", "--health"]` in an image without curl, with all rights or none.

use crate::engine::{Container, Images};
use crate::support::until;

const ENVIRONMENTS: [&[&str]; 4] = [
    &[],
    &["--init"],
    &["--read-only", "--user", "1234", "--cap-drop=ALL", "--network", "none"],
    &[
        "--init",
        "--read-only",
        "--user",
        "1234",
        "--cap-drop=ALL",
        "--network",
        "none",
        "--security-opt",
        "no-new-privileges",
    ],
];

/// Waits until Docker reports this health, and this output of the last check.
fn becomes(container: &Container, status: &str, output: &str) {
    until(status, || (container.health() == (status.to_owned(), output.to_owned())).then_some(()));
}

#[test]
fn a_container_whose_processes_run_is_healthy() {
    let Some(images) = Images::get() else { return };
    for options in ENVIRONMENTS {
        let container = images.start_application(options, &[]);
        becomes(&container, "healthy", "");
    }
}

#[test]
fn a_process_of_another_user_does_not_hide_the_run_from_the_check() {
    let Some(images) = Images::get() else { return };
    let command = ["monofy", "--user=web", "sleep", "100"];
    becomes(&images.start_application(&[], &command), "healthy", "");
}

#[test]
fn a_container_with_a_process_in_its_back_off_is_unhealthy() {
    let Some(images) = Images::get() else { return };
    for options in ENVIRONMENTS {
        let command =
            ["monofy", "--name=worker", "--restart=always", "sh", "-c", "exit 3", "|||", "sleep", "100"];
        let container = images.start_application(options, &command);
        becomes(&container, "unhealthy", "worker is waiting to be restarted: it exited with status 3");
    }
}

/// Starts a web server whose page for the check answers 503 while there is a file.
fn web_server(images: &Images, options: &[&str]) -> Container {
    let server = "echo pid $$; exec httpd -f -p 8000 -h /www";
    let command = ["monofy", "--name=web", "--alive=http:8000/cgi-bin/health", "sh", "-c", server];
    images.start_application(&[options, &["--tmpfs", "/tmp"]].concat(), &command)
}

#[test]
fn a_container_whose_url_turns_503_is_unhealthy_until_it_recovers() {
    let Some(images) = Images::get() else { return };
    for options in ENVIRONMENTS {
        let container = web_server(&images, options);
        becomes(&container, "healthy", "");
        container.ask(&["touch", "/tmp/down"]);
        let reason = "web is not alive: http:8000/cgi-bin/health: status 503 Service Unavailable";
        becomes(&container, "unhealthy", reason);
        container.ask(&["rm", "/tmp/down"]);
        becomes(&container, "healthy", "");
    }
}

#[test]
fn a_container_whose_process_is_stopped_is_unhealthy() {
    let Some(images) = Images::get() else { return };
    for options in ENVIRONMENTS {
        let container = web_server(&images, options);
        becomes(&container, "healthy", "");
        let pid = container.stdout().wait_for("pid ").replace("pid ", "");
        container.ask(&["sh", "-c", &format!("kill -STOP {pid}")]);
        // The kernel accepts the connection, but nobody answers.
        let reason = "web is not alive: http:8000/cgi-bin/health: the request is not answered within 5 s";
        becomes(&container, "unhealthy", reason);
    }
}
