//! Plans as text: setup commands and processes as a tree, with arguments quoted for a shell.

use std::fmt::Write;

use crate::plan::{
    ByteString, Output, Plan, Process, RenderedFile, Restart, Rewrite, Skipped, SkippedKind, Timeout,
    is_variable,
};
use crate::signal::SignalNumber;
use crate::text::columns;
use crate::text::shell::quote;

/// Words that a shell reads as syntax at the start of a command.
const RESERVED: [&str; 21] = [
    "!", "{", "}", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "until",
    "while", "[[", "function", "select", "time", "coproc",
];

pub(in crate::plan) fn to_text(plan: &Plan) -> String {
    let mut text = String::new();
    if !plan.problems.is_empty() {
        let count = plan.problems.len();
        let problems = if count == 1 { "problem" } else { "problems" };
        let _ = writeln!(text, "incomplete: {count} {problems}, so nothing can be started");
    }
    files(&mut text, &plan.files);
    if !plan.setup.is_empty() {
        branch(&mut text, "setup, one after another", &plan.setup);
    }
    if plan.processes.is_empty() && (plan.files.is_empty() || !plan.setup.is_empty()) {
        text.push_str("no process\n");
    } else if !plan.processes.is_empty() {
        branch(&mut text, "processes, side by side", &plan.processes);
    }
    skipped(&mut text, &plan.skipped);
    if let Some(grace) = plan.settings.grace_ms {
        let _ = writeln!(text, "grace {}", timeout(grace));
    }
    if let Some(limit) = plan.settings.start_timeout_ms {
        let _ = writeln!(text, "start timeout {}", timeout(limit));
    }
    match plan.settings.output {
        Output::Raw => {}
        Output::Prefix => text.push_str("output prefix\n"),
        Output::Json => text.push_str("output json\n"),
    }
    text
}

fn files(text: &mut String, files: &[RenderedFile]) {
    if files.is_empty() {
        return;
    }
    text.push_str("files\n");
    let last = files.len() - 1;
    for (index, file) in files.iter().enumerate() {
        let knot = if index == last { "└─" } else { "├─" };
        let mut details = format!("mode {:04o}", file.mode);
        if let Some(owner) = &file.owner {
            let _ = write!(details, ", owner {}", quoted(owner));
        }
        match &file.variables[..] {
            [] => {}
            [one] => _ = write!(details, ", variable {one}"),
            several => _ = write!(details, ", variables {}", several.join(", ")),
        }
        let _ =
            writeln!(text, "{knot} {}  from {} ({details})", quoted(&file.destination), quoted(&file.source));
    }
}

fn branch(text: &mut String, title: &str, processes: &[Process]) {
    text.push_str(title);
    text.push('\n');
    let width = columns::width(processes.iter().map(|process| process.name.as_str()));
    for (index, process) in processes.iter().enumerate() {
        let is_last = index + 1 == processes.len();
        let (knot, stem) = if is_last { ("└─", "  ") } else { ("├─", "│ ") };
        let _ = writeln!(text, "{knot} {}  {}", padded(&process.name, width), command(process));
        let details = details(process);
        if !details.is_empty() {
            let _ = writeln!(text, "{stem} {}  ({})", padded("", width), details.join(", "));
        }
    }
}

fn skipped(text: &mut String, skipped: &[Skipped]) {
    if skipped.is_empty() {
        return;
    }
    text.push_str("left out\n");
    let width = columns::width(skipped.iter().map(|skipped| skipped.name.as_str()));
    let last = skipped.len() - 1;
    for (index, skipped) in skipped.iter().enumerate() {
        let knot = if index == last { "└─" } else { "├─" };
        let kind = match skipped.kind {
            SkippedKind::Setup => "setup command",
            SkippedKind::Process => "process",
            SkippedKind::File => "file",
        };
        let _ = writeln!(text, "{knot} {}  {kind}: {}", padded(&skipped.name, width), skipped.reason);
    }
}

/// A name with blanks up to the width of its column.
fn padded(name: &str, width: usize) -> String {
    format!("{name:width$}")
}

/// The command for a shell: its environment, then PROGRAM and its arguments.
fn command(process: &Process) -> String {
    let env = process.env.iter().map(|(name, value)| format!("{name}={}", quoted(value)));
    let program = process.argv.iter().take(1).map(quoted_program);
    let arguments = process.argv.iter().skip(1).map(quoted);
    env.chain(program).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// PROGRAM, quoted also where a shell would take it for an assignment or for syntax.
fn quoted_program(program: &ByteString) -> String {
    let quoted = quoted(program);
    let is_assignment =
        quoted.split_once('=').is_some_and(|(name, _)| is_variable(name.trim_end_matches('+')));
    if is_assignment || RESERVED.contains(&quoted.as_str()) { format!("'{quoted}'") } else { quoted }
}

fn details(process: &Process) -> Vec<String> {
    let mut details = Vec::new();
    let mut add = |what: &str, value: String| details.push(format!("{what} {value}"));
    if let Some(signal) = process.stop_signal {
        add("stop signal", signal.name());
    }
    if let Some(limit) = process.stop_timeout_ms {
        add("stop timeout", timeout(limit));
    }
    if let Some(user) = &process.user {
        add("user", quoted(user));
    }
    if let Some(workdir) = &process.workdir {
        add("working directory", quoted(workdir));
    }
    if let Some(umask) = process.umask {
        add("umask", format!("{umask:04o}"));
    }
    if process.tty {
        details.push("pseudo-terminal".to_owned());
    }
    if process.once {
        details.push("once".to_owned());
    }
    if process.restart != Restart::No {
        details.push(format!("restart {}", process.restart));
    }
    if let Some(path) = &process.creates {
        details.push(format!("left out if {} exists", quoted(path)));
    }
    details.extend(process.wait.iter().map(|check| format!("wait {}", quoted(check.written()))));
    if let Some(ready) = &process.ready {
        details.push(format!("ready {}", quoted(ready.written())));
    }
    details.extend(process.alive.iter().map(|check| format!("alive {}", quoted(check.written()))));
    if !process.after.is_empty() {
        details.push(format!("after {}", process.after.join(", ")));
    }
    details.extend(process.rewrite.iter().copied().map(rewrite));
    details
}

fn rewrite(rewrite: Rewrite) -> String {
    let to = rewrite.to.map_or_else(|| "nothing".to_owned(), SignalNumber::name);
    format!("{} instead of {}", to, rewrite.from.name())
}

fn quoted(value: &ByteString) -> String {
    String::from_utf8_lossy(&quote(&value.0)).into_owned()
}

fn timeout(timeout: Timeout) -> String {
    match timeout {
        Timeout::Never => "none".to_owned(),
        Timeout::After(duration) => format!("{duration:?}"),
    }
}
