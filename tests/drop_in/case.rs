//! A case: a line, the steps of the test, and the outcome with each program.

use std::ffi::{OsStr, OsString};
use std::io::{PipeWriter, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::support::{self, Finished, Run, Running, has_tool, is_gone, send, state, until};

/// One of the two programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    Ours,
    Theirs,
}

impl Program {
    /// The programs that are installed and selected.
    pub(crate) fn under_test() -> Vec<Self> {
        let chosen = std::env::var("UNDER_TEST").ok();
        let wants = |name: &str| chosen.as_deref().is_none_or(|chosen| chosen == name);
        let mut programs = Vec::new();
        if wants("ours") {
            programs.push(Self::Ours);
        }
        if wants("theirs") && has_tool("MONOFY_PYTHON, the Python monofy 1.2.0", python_script().is_some()) {
            programs.push(Self::Theirs);
        }
        programs
    }

    pub(crate) fn path(self) -> PathBuf {
        match self {
            Self::Ours => support::monofy(),
            Self::Theirs => python_script().expect("it was asked for before"),
        }
    }

    /// The output of its processes. The Python monofy writes lines of its own to the same stdout.
    pub(crate) fn output_of_processes(self, stdout: &str) -> String {
        let own = ["monofy starting with pid ", "monofy started process ", "monofy 'pre-start' process: "];
        let is_kept = |line: &&str| self == Self::Ours || !own.iter().any(|start| line.starts_with(start));
        stdout.split_inclusive('\n').filter(is_kept).collect()
    }
}

fn python_script() -> Option<PathBuf> {
    std::env::var_os("MONOFY_PYTHON").filter(|path| !path.is_empty()).map(PathBuf::from)
}

const AS_PID_1: [&str; 4] = ["unshare", "--pid", "--fork", "--mount-proc"];

/// Whether a test may create a PID namespace.
pub(crate) fn can_be_pid_1() -> bool {
    let mut unshare = Command::new(AS_PID_1[0]);
    unshare.args(&AS_PID_1[1..]).arg("true").stderr(Stdio::null());
    has_tool("the right to make a PID namespace", unshare.status().is_ok_and(|status| status.success()))
}

/// A step of the test.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Waits for a line of stdout that contains this.
    Wait(&'static str),
    /// Sends monofy this signal once it waits for its processes.
    Send(i32),
    /// Sends monofy this signal at once.
    SendNow(i32),
    /// Closes its stdin.
    CloseStdin,
    /// Waits for the end of monofy itself.
    End,
    /// Kills the only child of monofy.
    KillChild,
    /// Kills the process whose id follows this text on stdout.
    Kill(&'static str),
    /// Asserts that the process whose id follows this text on stdout is still running.
    IsThere(&'static str),
    /// Asserts that it is gone.
    IsGone(&'static str),
}

/// The expected end of a run.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    status: i32,
    stdout: String,
    stderr: Vec<&'static str>,
    also: Vec<Step>,
}

/// A run that ends with this status and this output of its processes.
pub(crate) fn ends(status: i32, stdout: &str) -> Outcome {
    Outcome { status, stdout: stdout.to_owned(), stderr: Vec::new(), also: Vec::new() }
}

impl Outcome {
    /// A line of stderr contains this.
    pub(crate) fn with_stderr(mut self, part: &'static str) -> Self {
        self.stderr.push(part);
        self
    }

    /// Adds steps for the program with this outcome only.
    pub(crate) fn after(mut self, steps: &[Step]) -> Self {
        self.also.extend_from_slice(steps);
        self
    }
}

/// A line and its outcome with both programs.
pub(crate) struct Case {
    line: Vec<OsString>,
    env: Vec<(&'static str, OsString)>,
    wrapper: Vec<&'static str>,
    input: Option<&'static str>,
    steps: Vec<Step>,
    compares_all: bool,
    is_unordered: bool,
    is_cut: bool,
    ours: Outcome,
    theirs: Outcome,
    /// The row of the table of differences, if the outcomes differ.
    pub(crate) row: Option<&'static str>,
}

/// A case with this line.
pub(crate) fn case<A: AsRef<OsStr>>(line: impl IntoIterator<Item = A>) -> Case {
    Case {
        line: line.into_iter().map(|argument| argument.as_ref().to_owned()).collect(),
        env: Vec::new(),
        wrapper: Vec::new(),
        input: None,
        steps: Vec::new(),
        compares_all: false,
        is_unordered: false,
        is_cut: false,
        ours: ends(0, ""),
        theirs: ends(0, ""),
        row: None,
    }
}

impl Case {
    /// Sets a variable.
    pub(crate) fn env(mut self, name: &'static str, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name, value.as_ref().to_owned()));
        self
    }

    /// Writes this to stdin and closes it.
    pub(crate) fn input(mut self, input: &'static str) -> Self {
        self.input = Some(input);
        self
    }

    /// Starts it through this program, which executes it.
    pub(crate) fn through(mut self, wrapper: &[&'static str]) -> Self {
        self.wrapper = wrapper.to_vec();
        self
    }

    /// Runs it as PID 1 of its own namespace.
    pub(crate) fn in_own_namespace(self) -> Self {
        self.through(&AS_PID_1)
    }

    /// The steps of the test.
    pub(crate) fn after(mut self, steps: &[Step]) -> Self {
        self.steps = steps.to_vec();
        self
    }

    /// Compares lines in any order: the processes write side by side.
    pub(crate) fn in_any_order(mut self) -> Self {
        self.is_unordered = true;
        self
    }

    /// Compares only the first line of stdout.
    pub(crate) fn first_line(mut self) -> Self {
        self.is_cut = true;
        self
    }

    /// Compares the Python monofy's own lines on stdout, too, with `PID` for each process id.
    pub(crate) fn with_own_lines(mut self) -> Self {
        self.compares_all = true;
        self
    }

    /// Both have this outcome.
    pub(crate) fn same(mut self, outcome: Outcome) -> Self {
        (self.ours, self.theirs) = (outcome.clone(), outcome);
        self
    }

    /// The outcomes differ by design, as this row of the table says.
    pub(crate) fn differ(mut self, row: &'static str, ours: Outcome, theirs: Outcome) -> Self {
        (self.row, self.ours, self.theirs) = (Some(row), ours, theirs);
        self
    }

    fn run(&self, program: Program) -> Finished {
        let outcome = self.outcome(program);
        let mut arguments: Vec<OsString> = self.wrapper.iter().map(OsString::from).collect();
        arguments.push(program.path().into_os_string());
        arguments.extend(self.line.iter().cloned());
        let (stdin, input) = std::io::pipe().expect("a pipe can be made");
        let mut run = Run::of(&arguments[0], &arguments[1..]).stdin(stdin);
        for (name, value) in &self.env {
            run = run.env(name, value);
        }
        let mut started = Started {
            running: run.start(),
            input: Some(input),
            is_wrapped: self.wrapper.contains(&"--fork"),
        };
        if let Some(text) = self.input {
            started.write(text);
        }
        self.steps.iter().chain(&outcome.also).for_each(|step| started.take(*step));
        // Only a step closes stdin: an earlier end of stdin could overtake a signal.
        let Started { running, input: _input, .. } = started;
        running.finish()
    }

    fn outcome(&self, program: Program) -> &Outcome {
        match program {
            Program::Ours => &self.ours,
            Program::Theirs => &self.theirs,
        }
    }

    /// The difference between expected and actual outcome, if any.
    fn wrong(&self, program: Program) -> Option<String> {
        let expected = self.outcome(program);
        let ended = self.run(program);
        let stdout = if self.compares_all {
            without_ids(&ended.stdout)
        } else {
            program.output_of_processes(&ended.stdout)
        };
        let in_order = |text: &str| {
            let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
            if self.is_unordered {
                lines.sort();
            }
            lines.truncate(if self.is_cut { 1 } else { usize::MAX });
            lines.concat()
        };
        let stdout = without_ready_ids(&in_order(&stdout));
        let is_on_stderr = |part: &&str| ended.stderr.lines().any(|line| line.contains(*part));
        let is_right = ended.status == expected.status
            && stdout == in_order(&expected.stdout)
            && expected.stderr.iter().all(is_on_stderr);
        (!is_right)
            .then(|| format!("{program:?} of {:?}\n  expected {expected:?}\n  got {ended:#?}", self.line))
    }
}

/// Removes the process ids of `ready 4711`: a step uses them, the comparison does not.
fn without_ready_ids(text: &str) -> String {
    let strip = |line: &str| match line.trim_end().rsplit_once(' ') {
        Some((start, id)) if start.starts_with("ready") && id.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{start}\n")
        }
        _ => line.to_owned(),
    };
    text.split_inclusive('\n').map(strip).collect()
}

fn without_ids(text: &str) -> String {
    let is_id = |word: &str| word.len() > 1 && word.bytes().all(|b| b.is_ascii_digit());
    let strip = |line: &str| {
        let words = line.split(' ').map(|word| {
            let number = word.trim_end_matches([':', '\n']);
            if is_id(number) { word.replace(number, "PID") } else { word.to_owned() }
        });
        words.collect::<Vec<_>>().join(" ")
    };
    text.split_inclusive('\n').map(strip).collect()
}

struct Started {
    running: Running,
    input: Option<PipeWriter>,
    is_wrapped: bool,
}

impl Started {
    fn write(&mut self, text: &str) {
        let mut input = self.input.take().expect("stdin is written once");
        input.write_all(text.as_bytes()).expect("a pipe has room for a few bytes");
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Wait(part) => drop(self.running.stdout.wait_for(part)),
            Step::Send(number) => {
                settled(self.monofy());
                send(self.monofy(), number);
            }
            Step::SendNow(number) => send(self.monofy(), number),
            Step::CloseStdin => drop(self.input.take()),
            Step::End => drop(self.running.wait()),
            Step::KillChild => send(child(self.monofy()), 9),
            Step::Kill(start) => send(self.printed(start), 9),
            Step::IsThere(start) => assert!(!is_gone(self.printed(start)), "{start} is gone"),
            Step::IsGone(start) => assert!(is_gone(self.printed(start)), "{start} is still there"),
        }
    }

    /// The process id of monofy: with a wrapper that forks, that of the wrapper's child.
    fn monofy(&self) -> i32 {
        let pid = self.running.pid();
        if !self.is_wrapped {
            return pid;
        }
        child(pid)
    }

    fn printed(&self, start: &str) -> i32 {
        let line = self.running.stdout.wait_for(start);
        let id = line.strip_prefix(start).and_then(|rest| rest.trim().parse().ok());
        id.unwrap_or_else(|| panic!("no process id follows {start:?} in {line:?}"))
    }
}

/// The only child of a process.
fn child(pid: i32) -> i32 {
    let children = format!("/proc/{pid}/task/{pid}/children");
    until("the child of a process", || std::fs::read_to_string(&children).ok()?.trim().parse().ok())
}

/// Waits until monofy sleeps. Once every process has reported that it runs, it then waits for their ends. The Python monofy
/// passes no signal on before that.
pub(crate) fn settled(monofy: i32) {
    until("monofy to wait for its processes", || (state(monofy) == Some('S')).then_some(()));
}

/// Runs cases against the selected programs and reports every failure.
pub(crate) fn check(cases: &[Case]) {
    let programs = Program::under_test();
    let wrong: Vec<String> =
        cases.iter().flat_map(|case| programs.iter().filter_map(|program| case.wrong(*program))).collect();
    assert!(wrong.is_empty(), "{} of {} cases failed:\n\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
}
