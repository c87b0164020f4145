//! The program: arguments in, exit status out. The only place where the two halves meet.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::mem::ManuallyDrop;

use crate::cli::{self, Form, Global, Line, Report, Request, View};
use crate::exit;
use crate::explain::{Colours, Explanation};
use crate::plan::Plan;
use crate::resolve::{self, Resolved};
use crate::status::client;
use crate::supervisor;
use crate::sys::exit_on_stop::{ExitOnStop, Interrupted};
use crate::sys::input;
use crate::sys::limits::Capacity;
use crate::sys::nonblocking_writer;
use crate::sys::signals::OriginalSignals;
use crate::sys::terminal;
use crate::variables;

/// Runs monofy: the arguments without the program's own name, and what the signals were when it started.
/// Returns the exit status.
#[must_use]
pub fn run(arguments: Vec<OsString>, inherited: OriginalSignals) -> u8 {
    // Whoever ends at once need not give memory back first.
    let mut arguments = ManuallyDrop::new(arguments);
    let request = cli::parse(&mut arguments, &|name| std::env::var_os(name));
    let is_run = request.as_ref().map_or(true, Request::is_run);
    let outcome = match request {
        Ok(Request::Print(text)) => print(&text),
        Ok(Request::Report { of, what }) => report(of, what),
        Ok(Request::Line(line)) => run_line(ManuallyDrop::new(line), arguments, inherited),
        Ok(Request::RunPlan { file, global }) => match read_plan(&file) {
            Ok(Some(plan)) => show_or_execute(&overridden(plan, &global), &global, inherited),
            // A signal asked for the end while the plan was still being read: nothing was started.
            Ok(None) => Ok(0),
            Err(failure) => Err(failure),
        },
        Err(error) => Err(Failure::new(error)),
    };
    outcome.unwrap_or_else(|failure| {
        print_error(&failure.0);
        if is_run {
            supervisor::write_termination_log(&failure.0);
        }
        exit::OUR_FAILURE
    })
}

/// Why nothing was started, in words.
struct Failure(String);

impl Failure {
    fn new(error: impl Display) -> Self {
        Self(error.to_string())
    }
}

fn run_line(
    line: ManuallyDrop<Line>,
    arguments: ManuallyDrop<Vec<OsString>>,
    inherited: OriginalSignals,
) -> Result<u8, Failure> {
    let guard = ExitOnStop::arm(match (line.global.view, line.global.verbosity.quiet) {
        (Some(_), _) => Interrupted::View,
        (None, Some(true)) => Interrupted::QuietRun,
        (None, _) => Interrupted::Run,
    });
    let (sources, strict) = (&line.global.sources, line.global.strict);
    let loaded = variables::load(sources, strict, std::env::vars_os(), &input::read_unless_stopped);
    if loaded.was_stopped {
        // A signal asked for the end while a file was still being read: nothing was started.
        return Ok(0);
    }
    let resolved = resolve::resolve(&line, loaded, Capacity::of_this_process());
    resolved.warnings.iter().for_each(warn);
    if let Some(view) = line.global.view {
        show(view, &line, &resolved)?;
    }
    if !resolved.problems.is_empty() {
        let problems = resolved.problems.iter().map(ToString::to_string);
        let mut told = problems.collect::<Vec<_>>().join("\nmonofy: ");
        if !line.problems.is_empty() {
            told = told + "\n" + cli::HINT;
        }
        return Err(Failure(told));
    }
    if line.global.view.is_some() {
        // The end frees it faster than piece by piece.
        std::mem::forget(resolved);
        return Ok(0);
    }
    // Nothing of this is needed any more, by a process that may be there for years.
    let plan = plan_of(resolved);
    drop((ManuallyDrop::into_inner(line), ManuallyDrop::into_inner(arguments)));
    let plan = plan.map(|plan| plan.compact());
    // From here on the supervisor reads the signals.
    drop(guard);
    plan.map_or(Ok(0), |plan| supervisor::run(&plan, inherited).map_err(Failure::new))
}

/// The plan alone: to take it out of a structure that lives on would keep the rest of that.
fn plan_of(resolved: Resolved<'_>) -> Option<Plan> {
    resolved.plan
}

/// Shows what can be shown, also of a line with problems.
fn show(view: View, line: &Line, resolved: &Resolved<'_>) -> Result<u8, Failure> {
    let explanation = || Explanation::new(line, resolved, line.global.show_secrets);
    match view {
        View::Plan(form) => resolved.plan.as_ref().map_or(Ok(0), |plan| show_plan(form, plan)),
        View::Explain(Form::TaintedBytes) => print(&explanation().to_text(colours())),
        View::Explain(Form::Json) => print_by(|to| explanation().write_json(to)),
    }
}

/// Colours are for terminals, and for who has not refused them (no-color.org).
fn colours() -> Colours {
    if io::stdout().is_terminal() && !terminal::refuses_colours() { Colours::On } else { Colours::Off }
}

/// What Docker takes for unhealthy.
const UNHEALTHY: u8 = 1;

/// Tells how a monofy is that runs: by the exit status for Docker, in words for people.
fn report(of: Option<i32>, what: Report) -> Result<u8, Failure> {
    let report = match (client::ask(of), what) {
        (Ok(report), _) => report,
        (Err(unknown), Report::Health) => return print(&format!("{unknown}\n")).map(|_| UNHEALTHY),
        (Err(unknown), Report::Status(_)) => return Err(Failure::new(unknown)),
    };
    match what {
        Report::Status(Form::TaintedBytes) => print(&report.to_table()),
        Report::Status(Form::Json) => print(&report.to_json().map_err(Failure::new)?),
        Report::Health => match report.status.complaint() {
            None => Ok(0),
            Some(complaint) => print(&(complaint + "\n")).map(|_| UNHEALTHY),
        },
    }
}

fn show_plan(form: Form, plan: &Plan) -> Result<u8, Failure> {
    match form {
        Form::TaintedBytes => print(&plan.to_text()),
        Form::Json => print_by(|to| plan.write_json(to)),
    }
}

fn read_plan(file: &OsStr) -> Result<Option<Plan>, Failure> {
    let name = if file == "-" { "stdin".to_owned() } else { file.to_string_lossy().into_owned() };
    let failed = |error: &dyn Display| Failure(format!("--run-plan: {name}: {error}"));
    match input::read_unless_stopped(file) {
        Ok(Some(json)) => Plan::from_json(&json).map(Some).map_err(|error| failed(&error)),
        Ok(None) => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}

/// What is said beside `--run-plan` wins over what the plan says.
fn overridden(mut plan: Plan, global: &Global) -> Plan {
    plan.settings.grace_ms = global.grace.or(plan.settings.grace_ms);
    plan.settings.output = global.output.unwrap_or(plan.settings.output);
    plan.settings.verbosity = global.verbosity.over(plan.settings.verbosity);
    plan.settings.ready_fd = global.ready_fd.or(plan.settings.ready_fd);
    plan
}

fn show_or_execute(plan: &Plan, global: &Global, inherited: OriginalSignals) -> Result<u8, Failure> {
    plan.warnings.iter().for_each(warn);
    match global.view {
        Some(View::Plan(form)) => show_plan(form, plan),
        Some(View::Explain(_)) | None => supervisor::run(plan, inherited).map_err(Failure::new),
    }
}

/// How many bytes are written at once.
const PRINTED_AT_ONCE: usize = 32 * 1024;

/// Prints what was asked for.
fn print(text: &str) -> Result<u8, Failure> {
    print_by(|to| to.write_all(text.as_bytes()))
}

fn print_by(write: impl FnOnce(&mut BufWriter<StdoutLock<'_>>) -> io::Result<()>) -> Result<u8, Failure> {
    let mut stdout = BufWriter::with_capacity(PRINTED_AT_ONCE, io::stdout().lock());
    match write(&mut stdout).and_then(|()| stdout.flush()) {
        // Who closes the pipe has seen enough, as `| head` does.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure(format!("cannot write to stdout: {error}")))
        }
        Ok(()) | Err(_) => Ok(0),
    }
}

fn warn(warning: impl Display) {
    print_error(&format!("warning: {warning}"));
}

/// Prints a line on stderr. Nobody learns of a failure to do so.
fn print_error(text: &str) {
    nonblocking_writer::write_stderr_unless_stopped(format!("monofy: {text}\n").as_bytes());
}
