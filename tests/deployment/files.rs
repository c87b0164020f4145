//! The files, as text and as the data that an engine reads from them.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Finished, Folder, Run, has_tool, in_path};

pub(crate) const ENGINES: [&str; 3] = ["compose", "swarm", "kubernetes"];

/// monofy as an image calls it, in an empty folder. The image is shop:1.
pub(crate) fn line(engine: &str, arguments: &[&str]) -> Run {
    let run = Run::new([&[&format!("--plan={engine}"), "--image=shop:1"][..], arguments].concat());
    run.with(|command| _ = command.arg0("monofy")).directory(std::path::Path::new("/"))
}

/// The file for a line, which has no problem.
pub(crate) fn written(engine: &str, arguments: &[&str]) -> String {
    succeeded(&line(engine, arguments).finish())
}

/// The output of a run without errors and warnings.
pub(crate) fn succeeded(finished: &Finished) -> String {
    assert_eq!((finished.status, finished.stderr.as_str()), (0, ""), "{finished:#?}");
    finished.stdout.clone()
}

/// The documents of a file, as a reader of YAML 1.1 that is not ours reads them; `None` where there is none.
pub(crate) fn read(yaml: &str) -> Option<Vec<Value>> {
    let has_reader = Command::new("python3").args(["-c", "import yaml"]).stderr(Stdio::null()).status();
    if !has_tool("python3 with yaml", has_reader.is_ok_and(|status| status.success())) {
        return None;
    }
    let program = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(sys.stdin.buffer))))";
    let json = piped(Command::new("python3").args(["-c", program]), yaml);
    Some(serde_json::from_str(&json).expect("python writes JSON"))
}

/// The output of a command that gets this as its input, and succeeds.
pub(crate) fn piped(command: &mut Command, input: &str) -> String {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("it is read");
    let output = child.wait_with_output().expect("it ends");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}\nfor:\n{input}");
    String::from_utf8(output.stdout).expect("it writes text")
}

/// Has the engine read a file, with these variables in the deploying shell. Returns what it understood.
pub(crate) fn accepted(engine: &str, yaml: &str, shell: &[(&str, &str)]) -> Option<String> {
    let folder = Folder::new();
    let file = folder.file("file.yaml", yaml);
    let program = if engine == "compose" { "docker-compose" } else { "docker" };
    if !has_tool(program, in_path(program)) {
        return None;
    }
    let mut command = Command::new(program);
    if engine == "compose" {
        command.arg("-f").arg(file).arg("config");
    } else {
        command.args(["stack", "config", "-c"]).arg(file);
    }
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.envs(shell.iter().copied()).current_dir(folder.path());
    Some(piped(&mut command, ""))
}
