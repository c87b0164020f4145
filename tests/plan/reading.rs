//! Where `--run-plan` reads, and what ends it while it waits.

use std::time::Instant;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::roundtrip::{plan, stdin};
use crate::support::{DEADLINE, Folder, Run, Running, until};

#[test]
fn a_plan_is_read_from_a_file() {
    let folder = Folder::new();
    let file = folder.file("plan.json", plan(&["echo", "x"]));
    for arguments in
        [vec!["--run-plan".into(), file.clone()], vec![format!("--run-plan={}", file.display()).into()]]
    {
        Run::new(arguments).finish().assert_status(0).assert_stdout("x\n");
    }
    Run::new::<&str>([]).env("MONOFY_RUN_PLAN", &file).finish().assert_status(0).assert_stdout("x\n");
    // Relative, and from a folder of its own.
    Run::new(["--run-plan", "plan.json"]).directory(folder.path()).finish().assert_stdout("x\n");
}

#[test]
fn a_plan_is_read_from_stdin() {
    Run::new(["--run-plan=-"])
        .stdin(stdin(&plan(&["echo", "x"])))
        .finish()
        .assert_status(0)
        .assert_stdout("x\n");
}

#[test]
fn the_file_leaves_stdin_to_the_processes() {
    let folder = Folder::new();
    let file = folder.file("plan.json", plan(&["cat"]));
    Run::new(["--run-plan".into(), file]).stdin(stdin("typed\n")).finish().assert_stdout("typed\n");
}

#[test]
fn a_plan_is_read_from_a_fifo_whose_writer_comes_later() {
    let folder = Folder::new();
    let fifo = folder.path().join("fifo");
    mkfifo(&fifo, Mode::S_IRWXU).unwrap();
    let running = Run::new(["--run-plan".into(), fifo.clone()]).start();
    waits(&running);
    std::fs::write(&fifo, plan(&["echo", "x"])).unwrap();
    running.finish().assert_status(0).assert_stdout("x\n");
}

#[test]
fn a_signal_that_asks_for_the_end_ends_the_wait_at_once() {
    for signal in [15, 2, 3] {
        let (reader, writer) = std::io::pipe().unwrap();
        let running = Run::new(["--run-plan", "-"]).stdin(reader).start();
        waits(&running);
        let began = Instant::now();
        running.signal(signal);
        let finished = running.finish();
        assert_eq!((finished.status, finished.stdout.as_str(), finished.stderr.as_str()), (0, "", ""));
        assert!(began.elapsed() < DEADLINE / 4, "it took {:?}", began.elapsed());
        drop(writer);
    }
}

#[test]
fn it_ends_while_it_waits_for_the_writer_of_a_fifo() {
    let folder = Folder::new();
    let fifo = folder.path().join("fifo");
    mkfifo(&fifo, Mode::S_IRWXU).unwrap();
    let running = Run::new(["--run-plan".into(), fifo]).start();
    waits(&running);
    running.signal(15);
    running.finish().assert_status(0).assert_stdout("");
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let folder = Folder::new();
    for (file, message) in [
        (
            "no-such-plan.json",
            "monofy: --run-plan: no-such-plan.json: No such file or directory (os error 2)\n",
        ),
        (".", "monofy: --run-plan: .: Is a directory (os error 21)\n"),
    ] {
        let finished = Run::new(["--run-plan", file]).directory(folder.path()).finish();
        finished.assert_status(125).assert_stdout("");
        assert_eq!(finished.stderr, message);
    }
}

/// Waits until monofy has taken its signals over and sleeps.
fn waits(running: &Running) {
    let term = 1_u64 << 14;
    until("monofy to wait for its plan", || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", running.pid())).ok()?;
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let blocked = u64::from_str_radix(field("SigBlk:")?, 16).ok()?;
        (blocked & term != 0 && field("State:")?.starts_with('S')).then_some(())
    });
}
