//! Names of a Docker network, in an image from scratch: there is no nsswitch.conf and no library beside monofy.

use std::time::{Duration, Instant};

use crate::engine::Images;

#[test]
fn a_check_finds_another_container_by_its_name() {
    let Some(images) = Images::get() else { return };
    let network = images.network();
    let options = ["--network", &network.id, "--network-alias", "db"];
    let line = ["--name=web", "--wait=tcp:db:8000", "--ready=http://db:8000/cgi-bin/health", "sleep", "100"];
    let web = images.start(&["--network", &network.id], &line);
    web.stderr().wait_for("web waits for tcp:db:8000");
    // The name appears later, and each probe asks anew.
    let db = images.start_application(&options, &["monofy", "httpd", "-f", "-p", "8000", "-h", "/www"]);
    web.stderr().wait_for("web is ready");
    drop((web, db));
}

#[test]
fn a_name_that_does_not_exist_is_told_and_a_stop_ends_the_wait() {
    let Some(images) = Images::get() else { return };
    let network = images.network();
    let line = ["--name=web", "--wait=tcp:nowhere:1", "sleep", "100"];
    let web = images.start(&["--network", &network.id], &line);
    web.stderr().wait_for("last reason: ");
    let took = web.stop();
    web.finish().assert_status(0);
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn a_name_server_that_does_not_answer_holds_up_no_stop() {
    let Some(images) = Images::get() else { return };
    // An address for documentation (RFC 5737): nobody answers there.
    let options = ["--dns", "192.0.2.1", "--dns-option", "timeout:1"];
    let web = images.start(&options, &["--name=web", "--wait=tcp:db:1", "sleep", "100"]);
    web.stderr().wait_for("web waits for tcp:db:1");
    let began = Instant::now();
    web.signal("TERM");
    web.finish().assert_status(0);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
