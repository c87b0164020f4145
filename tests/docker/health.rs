//! `HEALTHCHECK CMD ["monofy", "--health"]` in an image without curl, with every right or none.

use crate::engine::{Container, Images};
use crate::support::until;

const WITHOUT_RIGHTS: [&[&str]; 4] = [
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

/// Waits until Docker thinks this of it, and the last check said that.
fn becomes(container: &Container, status: &str, words: &str) {
    until(status, || (container.health() == (status.to_owned(), words.to_owned())).then_some(()));
}

#[test]
fn docker_calls_a_container_healthy_whose_processes_run() {
    let Some(images) = Images::get() else { return };
    for options in WITHOUT_RIGHTS {
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
fn docker_calls_a_container_unhealthy_while_a_process_is_in_its_back_off() {
    let Some(images) = Images::get() else { return };
    for options in WITHOUT_RIGHTS {
        let command =
            ["monofy", "--name=worker", "--restart=always", "sh", "-c", "exit 3", "|||", "sleep", "100"];
        let container = images.start_application(options, &command);
        becomes(&container, "unhealthy", "worker is waiting to be restarted: it exited with status 3");
    }
}
