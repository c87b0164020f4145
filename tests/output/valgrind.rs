//! No system call gets memory that nobody has written (valgrind): the unused half of an argument included.

use monofy::cli::definition;

use super::support::{Finished, Folder, Run, has_tool, in_path, monofy};

/// A run of monofy under valgrind. 99 is the status if valgrind reports anything; a request of ioctl(2) that it does not know is
/// a warning and no report.
fn watched(words: &[&str]) -> Finished {
    let valgrind = ["valgrind", "-q", "--error-exitcode=99", "--child-silent-after-fork=yes"];
    // Descriptor 3 is there for `--ready-fd`.
    let run = Run::of("sh", ["-c", "exec \"$@\" 3>/dev/null", "sh"].iter().chain(&valgrind));
    let run = run.env("TOKEN", "secret").with(|command| {
        command.arg(monofy()).args(words);
    });
    run.finish()
}

#[test]
fn valgrind_has_nothing_to_report() {
    if !has_tool("valgrind", in_path("valgrind")) {
        return;
    }
    for output in ["raw", "prefix", "json"] {
        let line = ["-o", output, "--grace=5s", "true", "&&", "--tty", "sh", "-c", "seq 1000; seq 1000 >&2"];
        watched(&[&line[..], &["|||", "sleep", "1000"]].concat()).assert_status(0);
    }
}

#[test]
fn valgrind_has_nothing_to_report_of_a_run_with_every_option() {
    if !has_tool("valgrind", in_path("valgrind")) {
        return;
    }
    let folder = Folder::new();
    let path = |name: &str| folder.path().join(name).display().to_string();
    folder.file("defaults.toml", "[vars]\nPORT = { type = \"port\", default = 8000 }\n");
    folder.file("env", "MODE=fast\n");
    folder.file("template", "port $<PORT> mode $<MODE> token $<TOKEN>\n");
    let (defaults, env, missing) = (path("defaults.toml"), path("env"), path("missing"));
    let (render, exists) = (format!("{}:{}", path("template"), path("rendered")), format!("file:{env}"));
    let run = [
        "--defaults",
        &defaults,
        "--env-file",
        &env,
        "--set=A=1",
        "--secret=TOKEN",
        "--strict",
        "--grace=5s",
        "--start-timeout=1m",
        "--output=json",
        "--verbose",
        "--only=db,job,web",
        "--setup=run",
        "--render",
        &render,
        "--ready-fd=3",
        "--creates",
        &missing,
        "--wait",
        &exists,
        "echo",
        "$PORT",
        "&&",
        "--name=db",
        "--ready=log:up",
        "--alive=exec:true",
        "--stop-signal=INT",
        "--stop-timeout=5s",
        "--user=0:0",
        "--workdir=/",
        "--tty",
        "--umask=022",
        "--rewrite=HUP:0",
        "sh",
        "-c",
        "echo up; exec sleep 1000",
        "|||",
        "--name=job",
        "--once",
        "--if=1",
        "--unless=0",
        "--after=db",
        "true",
        "|||",
        "--name=web",
        "--replicas=2",
        "--after=job",
        "--restart=on-failure:1",
        "sh",
        "-c",
        "exit 0",
    ];
    let finished = watched(&run);
    finished.assert_status(0);
    let rendered = std::fs::read_to_string(path("rendered")).expect("it was rendered");
    assert_eq!(rendered, "port 8000 mode fast token secret\n");
    let plan = ["--plan=json", "--no-defaults", "--show-secrets", "echo", "a b", "|||", "sleep", "1000"];
    let planned = watched(&plan);
    let file = folder.file("plan.json", &planned.stdout).display().to_string();
    planned.assert_status(0);
    let line = folder.file("line", "echo 'from a file'\n").display().to_string();
    let others: [(&[&str], i32); 9] = [
        (&["--plan=compose", "--image=shop:1", "echo", "${PORT:-1}"], 0),
        (&["--file", &line], 0),
        (&["--quiet", "--run-plan", &file], 0),
        (&["--explain=json", "echo", "${PORT:-1}"], 0),
        (&["--schema=plan"], 0),
        (&["--health", "--pid=2147483647"], 1),
        (&["--status", "--pid=2147483647"], 125),
        (&["--help"], 0),
        (&["--version"], 0),
    ];
    let mut used = [&run[..], &plan].concat();
    for (words, status) in others {
        watched(words).assert_status(status);
        used.extend(words);
    }
    for option in definition().get_arguments().filter_map(|option| option.get_long()) {
        let is_used = used
            .iter()
            .any(|word| word.strip_prefix("--").is_some_and(|word| word.split('=').next() == Some(option)));
        assert!(is_used, "no run has --{option}");
    }
}
