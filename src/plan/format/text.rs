//! The plan for people: setup and processes as a tree, arguments as a shell would take them.

use std::fmt::Write;

use crate::plan::{ByteString, Output, Plan, Process, Restart, Timeout};
use crate::text::columns;
use crate::text::shell::quote;

pub(in crate::plan) fn view(plan: &Plan) -> String {
    let mut text = String::new();
    if !plan.setup.is_empty() {
        branch(&mut text, "setup, one after another", &plan.setup);
    }
    branch(&mut text, "processes, side by side", &plan.processes);
    if let Some(grace) = plan.settings.grace_ms {
        let _ = writeln!(text, "grace {}", limit(grace));
    }
    match plan.settings.output {
        Output::Raw => {}
        Output::Prefix => text.push_str("output prefix\n"),
        Output::Json => text.push_str("output json\n"),
    }
    text
}

fn branch(text: &mut String, title: &str, processes: &[Process]) {
    text.push_str(title);
    text.push('\n');
    let width = columns::width(processes.iter().map(|process| process.name.as_str()));
    for (index, process) in processes.iter().enumerate() {
        let is_last = index + 1 == processes.len();
        let (knot, stem) = if is_last { ("└─", "  ") } else { ("├─", "│ ") };
        let _ = writeln!(text, "{knot} {:width$}  {}", process.name, command(process));
        let details = details(process);
        if !details.is_empty() {
            let _ = writeln!(text, "{stem} {:width$}  ({})", "", details.join(", "));
        }
    }
}

/// As a shell would take it: its own environment, then PROGRAM and its arguments.
fn command(process: &Process) -> String {
    let own = process.env.iter().map(|(name, value)| format!("{name}={}", quoted(value)));
    own.chain(process.argv.iter().map(quoted)).collect::<Vec<_>>().join(" ")
}

fn details(process: &Process) -> Vec<String> {
    let mut details = Vec::new();
    let mut add = |what: &str, value: String| details.push(format!("{what} {value}"));
    if let Some(signal) = process.stop_signal {
        add("stop signal", signal.name());
    }
    if let Some(timeout) = process.stop_timeout_ms {
        add("stop timeout", limit(timeout));
    }
    if let Some(user) = &process.user {
        add("user", quoted(user));
    }
    if let Some(workdir) = &process.workdir {
        add("working directory", quoted(workdir));
    }
    if process.tty {
        details.push("pseudo-terminal".to_owned());
    }
    if process.restart != Restart::No {
        details.push(format!("restart {}", process.restart));
    }
    if let Some(ready) = &process.ready {
        details.push(format!("ready {}", quoted(ready.written())));
    }
    if !process.after.is_empty() {
        details.push(format!("after {}", process.after.join(", ")));
    }
    details
}

fn quoted(value: &ByteString) -> String {
    String::from_utf8_lossy(&quote(&value.0)).into_owned()
}

fn limit(limit: Timeout) -> String {
    match limit {
        Timeout::Never => "none".to_owned(),
        Timeout::After(duration) => format!("{duration:?}"),
    }
}
