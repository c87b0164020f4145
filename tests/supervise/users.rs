//! `--user` and `--workdir` (contract, 4.1): looked up after the setup commands and before any process starts.

use std::path::Path;

use super::line::{line, run};
use super::support::{Folder, Run, Running, has_tool, in_path, monofy, probe};

/// Whether this is root in a namespace where it may mount, and change its user.
fn may_mount() -> bool {
    let may = || Run::of("unshare", ["--mount", "true"]).finish().status == 0;
    has_tool("the right to mount", in_path("unshare") && may())
}

/// monofy with an `/etc/passwd` of its own, which has root alone.
fn with_own_passwd(words: &[&str]) -> Run {
    let (monofy, probe) = (monofy(), probe());
    let script = "mount -t tmpfs none /mnt; echo root:x:0:0::/root:/bin/sh >/mnt/passwd; chmod 644 /mnt/passwd; \
                  mount --bind /mnt/passwd /etc/passwd; exec \"$@\"";
    let words = words.iter().map(|word| if *word == "probe" { probe.to_str().unwrap() } else { word });
    let all = ["--mount", "sh", "-c", script, "sh", monofy.to_str().unwrap()].into_iter().chain(words);
    Run::of("unshare", all).env("PROBE", &probe)
}

#[test]
fn a_user_that_a_setup_command_makes_is_found() {
    if !may_mount() {
        return;
    }
    let make = "echo app:x:1234:1235::/srv:/bin/sh >>/etc/passwd";
    let show = "echo $(id -u):$(id -g) $$HOME";
    let finished = with_own_passwd(&["sh", "-c", make, "&&", "--user=app", "sh", "-c", show]).finish();
    finished.assert_status(0).assert_stdout("1234:1235 /srv\n");
}

#[test]
fn a_numeric_user_needs_no_readable_passwd_file() {
    if !may_mount() {
        return;
    }
    let script = "mount -t tmpfs none /etc; mkdir /etc/passwd; exec \"$@\"";
    let words = ["--mount", "sh", "-c", script, "sh", monofy().to_str().unwrap(), "--user=1234:1235"]
        .map(str::to_owned);
    let words = words.into_iter().chain(["sh", "-c", "echo $(id -u):$(id -g) $$HOME"].map(str::to_owned));
    Run::of("unshare", words).finish().assert_status(0).assert_stdout("1234:1235 /\n");
}

#[test]
fn what_is_missing_is_named_before_any_process_starts() {
    for (words, status, message) in [
        ("--user=nobody-here true", 125, "true: unknown user nobody-here: no such user in /etc/passwd"),
        ("--user=root:no-group true", 125, "true: unknown user root:no-group: no such group in /etc/group"),
        ("--workdir=/no/such true", 125, "true: cannot enter the working directory /no/such: No such file"),
        (
            "--workdir=/etc/passwd true",
            125,
            "true: cannot enter the working directory /etc/passwd: Not a dir",
        ),
        ("nosuch", 127, "nosuch: not found in PATH"),
        ("--name web nosuch", 127, "web (nosuch): not found in PATH"),
        ("/no/such", 127, "such (/no/such): no such file"),
        ("/etc/passwd", 126, "passwd (/etc/passwd): not executable"),
    ] {
        line(words)
            .finish()
            .assert_status(status)
            .assert_stdout("")
            .assert_reported(&format!("monofy: {message}"));
        let finished = line(&format!("echo x ||| {words}")).finish();
        finished.assert_status(status).assert_stdout("").assert_reported(&format!("monofy: {message}"));
        assert!(!finished.stderr.contains("started (pid"), "{finished:?}");
    }
}

#[test]
fn a_working_directory_that_a_setup_command_makes_is_found() {
    let folder = Folder::new();
    let words =
        ["mkdir", "new", "&&", "--workdir=new", "sh", "-c", "pwd", "|||", "--workdir=new", "sleep", "100"];
    let finished = run(&words).directory(folder.path()).finish();
    finished.assert_status(0).assert_stdout(&format!("{}\n", folder.path().join("new").display()));
}

/// Runs as root with this HOME, and prints the HOME of a process of user 1 (`daemon`, whose home is not that of root).
fn home(own: Option<&str>, words: &[&str]) -> String {
    let show = ["sh", "-c", "echo \"$$HOME\""];
    let words: Vec<&str> = words.iter().copied().chain(show).collect();
    let run = run(&words);
    let finished = own.map_or_else(|| run, |own| run_with_home(&words, own)).finish();
    finished.assert_status(0);
    finished.stdout.trim_end().to_owned()
}

fn run_with_home(words: &[&str], own: &str) -> Run {
    run(words).env("HOME", own)
}

#[test]
fn home_is_that_of_the_user_unless_somebody_has_chosen_another_one() {
    if !has_tool("root", nix::unistd::geteuid().is_root()) {
        return;
    }
    let of = |user: &str| {
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
        let line = passwd.lines().find(|line| line.starts_with(&format!("{user}:"))).unwrap().to_owned();
        line.split(':').nth(5).unwrap().to_owned()
    };
    let (root, daemon) = (of("root"), of("daemon"));
    assert_eq!(home(Some(&root), &["--user=daemon"]), daemon);
    assert_eq!(home(None, &["--user=daemon"]), daemon);
    assert_eq!(home(Some(&root), &["--user=54321"]), "/");
    assert_eq!(home(Some("/chosen"), &["--user=daemon"]), "/chosen");
    assert_eq!(home(Some(&root), &["--user=daemon", "HOME=/word"]), "/word");
    assert_eq!(home(Some(&root), &[]), root);
}

/// Opens its stdout and stderr by name and writes to them.
const OPENS: &str = "echo out $(id -u) >/dev/stdout && echo err $(id -u) >/dev/stderr && exec sleep 1000";

/// Ends a run once both users have written.
fn assert_both_write(running: Running) {
    for user in ["1001", "1002"] {
        running.stdout.wait_for(&format!("out {user}"));
        running.stderr.wait_for(&format!("err {user}"));
    }
    running.signal(super::line::TERM);
    running.finish();
}

#[test]
fn several_users_can_open_their_stdout_and_stderr() {
    if !has_tool("root", nix::unistd::geteuid().is_root()) || !Path::new("/dev/stdout").exists() {
        return;
    }
    for options in [&[][..], &["-oprefix"], &["-ojson"]] {
        let line = ["--user=1001", "sh", "-c", OPENS, "|||", "--user=1002", "sh", "-c", OPENS];
        let words: Vec<&str> = options.iter().copied().chain(line).collect();
        assert_both_write(run(&words).start());
    }
    let line = [
        "-oprefix",
        "--user=1001",
        "--tty",
        "sh",
        "-c",
        OPENS,
        "|||",
        "--user=1002",
        "-t",
        "sh",
        "-c",
        OPENS,
    ];
    assert_both_write(run(&line).start());
}

#[test]
fn a_process_gets_its_umask() {
    let plan = |umask: &str| {
        format!(
            "{{\"version\": 1, \"processes\": [{{\"name\": \"a\", \"argv\": [\"sh\", \"-c\", \"umask\"]{umask}}}]}}"
        )
    };
    let folder = Folder::new();
    let show = |umask: &str| {
        let file = folder.file("plan.json", plan(umask));
        let finished = run(&["--run-plan", file.to_str().unwrap()]).finish();
        finished.assert_status(0);
        finished.stdout
    };
    assert_eq!(show(", \"umask\": 31"), "0037\n");
    assert_eq!(show(", \"umask\": 0"), "0000\n");
    assert_ne!(show(""), "0037\n");
}
