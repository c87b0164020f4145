//! Names of hosts in checks, which a name server resolves: in a network of their own, since only root may be a name
//! server.

use std::time::{Duration, Instant};

use super::line::{TERM, USR1, ready};
use super::support::{Folder, Run, Running, has_tool, in_path, monofy, probe, send};

/// Runs a shell script as root of a network and of mounts of its own.
const NAMESPACES: [&str; 6] = ["--map-root-user", "--net", "--mount", "sh", "-ec", SCRIPT];
const SCRIPT: &str = r#"
ip link set lo up
mount --bind "$FOLDER/resolv.conf" /etc/resolv.conf
exec "$MONOFY" "$@"
"#;

fn may_be_name_server() -> bool {
    let may = || Run::of("unshare", ["--map-root-user", "--net", "--mount", "true"]).finish().status == 0;
    has_tool("the right to unshare", in_path("unshare") && may())
        && has_tool("ip (Debian: iproute2)", in_path("ip"))
}

/// monofy with a name server for these hosts, and then the rest of the line. An argument that is `probe` is the probe.
fn run_with(folder: &Folder, hosts: &[&str], rest: &[&str]) -> Running {
    run_beside("127.0.0.1", folder, hosts, rest)
}

/// The same, with a name server at this address.
fn run_beside(server: &str, folder: &Folder, hosts: &[&str], rest: &[&str]) -> Running {
    folder.file("resolv.conf", format!("search shop\nnameserver {server}\n"));
    let address = if server.contains(':') { format!("[{server}]:53") } else { format!("{server}:53") };
    let server = ["--name=dns", "--ready=log:ready", "probe", "nameserver", &address];
    let line = [&server, hosts, &["|||"], rest].concat();
    let probe = probe();
    let line = line.iter().map(|word| if *word == "probe" { probe.as_os_str() } else { word.as_ref() });
    let words = NAMESPACES.map(std::ffi::OsStr::new).into_iter().chain(["monofy".as_ref()]).chain(line);
    Run::of("unshare", words).env("MONOFY", monofy()).env("FOLDER", folder.path()).start()
}

#[test]
fn a_host_is_looked_up_by_the_name_servers_in_the_search_list() {
    if !may_be_name_server() {
        return;
    }
    for server in ["127.0.0.1", "::1"] {
        let folder = Folder::new();
        let check = "--ready=tcp:db:8000";
        let web = ["--name=web", "--after=dns", check, "probe", "wait", "web", "USR1=tcp:127.0.0.9:8000"];
        let running = run_beside(server, &folder, &["db.shop=127.0.0.9"], &web);
        let web = ready(&running, "web");
        running.stdout.wait_for("asked for db.shop");
        send(web, USR1);
        running.stderr.wait_for("web is ready");
        running.signal(TERM);
        running.finish().assert_status(0);
    }
}

#[test]
fn why_a_name_server_does_not_know_a_host_is_the_reason() {
    if !may_be_name_server() {
        return;
    }
    let folder = Folder::new();
    let hosts = ["silent.shop=silent", "error.shop=error", "closed.shop=127.0.0.9"];
    let line = [
        "--name=a",
        "--after=dns",
        "--ready=tcp:nowhere:1",
        "probe",
        "wait",
        "a",
        "|||",
        "--name=b",
        "--after=dns",
        "--ready=http:silent:1/",
        "probe",
        "wait",
        "b",
        "|||",
        "--name=c",
        "--after=dns",
        "--ready=tcp:error:1",
        "probe",
        "wait",
        "c",
        "|||",
        "--name=d",
        "--after=dns",
        "--ready=http://closed/",
        "probe",
        "wait",
        "d",
    ];
    let running = run_with(&folder, &hosts, &line);
    for (name, reason) in [
        ("a", "no such host"),
        ("b", "the name servers do not answer"),
        ("c", "the name server refuses to answer"),
        ("d", "connection refused"),
    ] {
        let line = running.stderr.wait_for(&format!("{name} is not ready after 10."));
        assert!(line.ends_with(&format!("; last reason: {reason}")), "{line}");
    }
    running.signal(TERM);
    running.finish().assert_status(0);
}

#[test]
fn term_ends_the_run_at_once_while_a_name_server_does_not_answer() {
    if !may_be_name_server() {
        return;
    }
    for check in ["--ready=tcp:silent:1", "--wait=http://silent/"] {
        let folder = Folder::new();
        let line = ["--name=a", "--after=dns", check, "probe", "wait", "a"];
        let running = run_with(&folder, &["silent.shop=silent"], &line);
        running.stdout.wait_for("asked for silent.shop");
        let began = Instant::now();
        running.signal(TERM);
        running.finish().assert_status(0);
        assert!(began.elapsed() < Duration::from_secs(2), "{check}: {:?}", began.elapsed());
    }
}
