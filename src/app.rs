//! The program: parses, resolves, then shows or executes. The only module where the two halves meet.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::mem::ManuallyDrop;

use crate::cli::{
    self, CommandLine, ExplainFormat, GlobalOptions, LineFile, Query, Request, UsageError, View, ViewFormat,
};
use crate::exit;
use crate::explain::{Colours, Explanation};
use crate::plan::{Deployment, Engine, Plan, SecretDisplay};
use crate::resolve::{self, Resolved};
use crate::status::client;
use crate::supervisor;
use crate::sys::environment;
use crate::sys::exit_on_stop::{ExitOnStop, Interrupted};
use crate::sys::input;
use crate::sys::limits::Capacity;
use crate::sys::nonblocking_writer;
use crate::sys::process;
use crate::sys::signals::OriginalSignals;
use crate::sys::terminal;
use crate::variables;

/// Runs monofy with these arguments, which do not include the program's name, and returns the exit status.
/// `inherited` are the signal dispositions and the mask at the start.
#[must_use]
pub fn run(arguments: Vec<OsString>, inherited: OriginalSignals) -> u8 {
    // Leaked deliberately unless a run begins: the process is about to exit.
    let mut arguments = ManuallyDrop::new(arguments);
    let twins: Vec<_> = environment::variables().filter(cli::is_for_monofy).collect();
    let request = cli::parse(&mut arguments, &|name| {
        twins.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
    });
    let request = match request {
        Ok(Request::File(file)) => match read_line(*file) {
            Some(request) => request,
            // A signal asked for the stop while the file was being read. Nothing was started.
            None => return 0,
        },
        request => request,
    };
    let is_run = request.as_ref().map_or(true, Request::is_run);
    let outcome = match request {
        Ok(Request::Print(text)) => print(&text),
        Ok(Request::Query { pid, query }) => answer(pid, query, inherited),
        // It was read.
        Ok(Request::File(_)) => Ok(0),
        Ok(Request::Line(line)) => run_line(ManuallyDrop::new(line), arguments, inherited),
        Ok(Request::RunPlan { file, global }) => run_plan(&file, &global, inherited),
        Err(error) => Err(StartError::new(error)),
    };
    outcome.unwrap_or_else(|error| {
        print_error(&error.0);
        if is_run {
            supervisor::write_termination_log(&error.0);
        }
        exit::OUR_FAILURE
    })
}

/// Why nothing was started.
struct StartError(String);

impl StartError {
    fn new(error: impl Display) -> Self {
        Self(error.to_string())
    }
}

/// Reads the file that has the line. `None` if a signal asks for a stop first.
fn read_line(file: LineFile) -> Option<Result<Request, UsageError>> {
    let guard = ExitOnStop::arm(interrupted(file.view(), file.is_quiet()));
    let text = input::read_unless_stopped(file.path()).transpose()?;
    let request = file.parse(text);
    drop(guard);
    Some(request)
}

/// What a signal interrupts while the line is being resolved.
fn interrupted(view: Option<View>, is_quiet: bool) -> Interrupted {
    match view {
        Some(_) => Interrupted::View,
        None if is_quiet => Interrupted::QuietRun,
        None => Interrupted::Run,
    }
}

fn run_line(
    line: ManuallyDrop<CommandLine>,
    arguments: ManuallyDrop<Vec<OsString>>,
    inherited: OriginalSignals,
) -> Result<u8, StartError> {
    let is_quiet = line.global.verbosity.quiet == Some(true);
    let guard = ExitOnStop::arm(interrupted(line.global.view, is_quiet));
    cli::unknown_variables(environment::variables()).iter().for_each(warn);
    let (sources, strict) = (&line.global.sources, line.global.strict);
    let withheld =
        if is_deployment(line.global.view) { resolve::names_with_default(&line) } else { Vec::new() };
    // For other machines the line's own defaults hold.
    let environment =
        environment::variables().filter(|(name, _)| !withheld.iter().any(|other| *name == other.as_str()));
    let loaded = variables::load(sources, strict, environment, &input::read_unless_stopped);
    if loaded.was_stopped {
        // A signal asked for the stop while a file was being read. Nothing was started.
        return Ok(0);
    }
    let resolved =
        resolve::resolve(&line, loaded, Capacity::of_this_process(), &input::read_template_unless_stopped);
    if resolved.was_stopped {
        return Ok(0);
    }
    resolved.warnings.iter().for_each(warn);
    if let Some(view) = line.global.view {
        show(view, &line, &resolved)?;
    }
    if !resolved.problems.is_empty() {
        let problems = resolved.problems.iter().map(ToString::to_string);
        let mut text = problems.collect::<Vec<_>>().join("\nmonofy: ");
        if !line.problems.is_empty() {
            text = text + "\n" + cli::HELP_HINT;
        }
        return Err(StartError(text));
    }
    if line.global.view.is_some() {
        // Leaked deliberately: the process is about to exit.
        std::mem::forget(resolved);
        return Ok(0);
    }
    let is_filter = line.setup.is_empty() && line.processes.is_empty();
    // The supervisor may run for years: free everything but the plan.
    let plan = plan_of(resolved);
    drop((ManuallyDrop::into_inner(line), ManuallyDrop::into_inner(arguments)));
    // From here on the supervisor reads the signals.
    drop(guard);
    plan.map_or(Ok(0), |plan| {
        write_files(&plan)?;
        if is_filter { Ok(0) } else { supervise(plan, inherited) }
    })
}

fn write_files(plan: &Plan) -> Result<(), StartError> {
    supervisor::write_files(&plan.files).map_err(|problems| StartError(problems.join("\nmonofy: ")))
}

/// Runs the commands of a plan.
fn supervise(plan: Plan, inherited: OriginalSignals) -> Result<u8, StartError> {
    let compact = ManuallyDrop::new(plan.compact());
    // The copy is what the supervisor keeps.
    drop(plan);
    supervisor::run(&compact, inherited).map_err(StartError::new)
}

fn is_deployment(view: Option<View>) -> bool {
    matches!(view, Some(View::Deployment(_)))
}

/// Takes the plan by value, so that everything else in the structure is freed.
fn plan_of(resolved: Resolved<'_>) -> Option<Plan> {
    resolved.plan
}

/// Shows what the line asks for, as far as its problems allow.
fn show(view: View, line: &CommandLine, resolved: &Resolved<'_>) -> Result<u8, StartError> {
    let explanation = || Explanation::new(line, resolved, line.global.secrets);
    match view {
        View::Plan(format) => resolved.plan.as_ref().map_or(Ok(0), |plan| show_plan(format, plan)),
        View::Explain(ExplainFormat::Text) => print(&explanation().to_text(colours())),
        View::Explain(ExplainFormat::Json) => print_by(|to| explanation().write_json(to)),
        View::Explain(ExplainFormat::Markdown) => print(&explanation().to_markdown()),
        View::Deployment(engine) => {
            resolved.deployment.as_ref().map_or(Ok(0), |deployment| show_deployment(engine, deployment))
        }
    }
}

fn show_deployment(engine: Engine, deployment: &Deployment) -> Result<u8, StartError> {
    print(&deployment.to_yaml(engine, &process::own_program()))
}

/// Colours are for terminals, unless `NO_COLOR` is set (no-color.org).
fn colours() -> Colours {
    if io::stdout().is_terminal() && !terminal::refuses_colours() { Colours::On } else { Colours::Off }
}

/// The exit status for an unhealthy container (Docker, `HEALTHCHECK`).
const UNHEALTHY: u8 = 1;

/// Answers a query: by the exit status for Docker, in words for people.
fn answer(pid: Option<i32>, query: Query, inherited: OriginalSignals) -> Result<u8, StartError> {
    let mut report = match (client::query(pid), query) {
        (Ok(report), _) => report,
        (Err(error), Query::Health) => return print(&format!("{error}\n")).map(|_| UNHEALTHY),
        (Err(error), Query::Status(_)) => return Err(StartError::new(error)),
    };
    let asked = report.status.processes_to_ask();
    if !asked.is_empty() {
        report.status.take_results(supervisor::ask_alive(&asked, inherited));
    }
    match query {
        Query::Status(ViewFormat::Text) => print(&report.to_table()),
        Query::Status(ViewFormat::Json) => print(&report.to_json().map_err(StartError::new)?),
        Query::Health => match report.status.complaints() {
            complaints if complaints.is_empty() => Ok(0),
            complaints => print(&(complaints.join("\n") + "\n")).map(|_| UNHEALTHY),
        },
    }
}

fn show_plan(format: ViewFormat, plan: &Plan) -> Result<u8, StartError> {
    match format {
        ViewFormat::Text => print(&plan.to_text()),
        ViewFormat::Json => print_by(|to| plan.write_json(to)),
    }
}

fn run_plan(file: &OsStr, global: &GlobalOptions, inherited: OriginalSignals) -> Result<u8, StartError> {
    cli::unknown_variables(environment::variables()).iter().for_each(warn);
    // A signal asked for the stop while the plan was being read. Nothing was started.
    let Some(plan) = read_plan(file)? else { return Ok(0) };
    let plan = with_options(plan, global);
    plan.warnings.iter().for_each(warn);
    match (global.view, global.secrets) {
        (Some(View::Plan(format)), SecretDisplay::Show) => show_plan(format, &plan),
        (Some(View::Plan(format)), SecretDisplay::Mask) => show_plan(format, &plan.masked()),
        (Some(View::Explain(_) | View::Deployment(_)) | None, _) => {
            write_files(&plan)?;
            // A plan of files alone was made without a PROCESS.
            let is_filter = plan.setup.is_empty() && plan.processes.is_empty() && !plan.files.is_empty();
            if is_filter { Ok(0) } else { supervise(plan, inherited) }
        }
    }
}

fn read_plan(file: &OsStr) -> Result<Option<Plan>, StartError> {
    let name = if file == "-" { "stdin".to_owned() } else { file.to_string_lossy().into_owned() };
    let failed = |error: &dyn Display| StartError(format!("--run-plan: {name}: {error}"));
    match input::read_unless_stopped(file) {
        Ok(Some(json)) => Plan::from_json(&json).map(Some).map_err(|error| failed(&error)),
        Ok(None) => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}

/// Applies the options given with `--run-plan`, which win over the plan.
fn with_options(mut plan: Plan, global: &GlobalOptions) -> Plan {
    plan.settings.grace_ms = global.grace.or(plan.settings.grace_ms);
    plan.settings.start_timeout_ms = global.start_timeout.or(plan.settings.start_timeout_ms);
    plan.settings.output = global.output.unwrap_or(plan.settings.output);
    plan.settings.verbosity = global.verbosity.over(plan.settings.verbosity);
    plan.settings.ready_fd = global.ready_fd.or(plan.settings.ready_fd);
    for process in &mut plan.processes {
        process.wait_also(&global.wait);
    }
    plan
}

/// How many bytes are written at once.
const OUTPUT_BUFFER: usize = 32 * 1024;

/// Prints to stdout.
fn print(text: &str) -> Result<u8, StartError> {
    print_by(|to| to.write_all(text.as_bytes()))
}

fn print_by(write: impl FnOnce(&mut BufWriter<StdoutLock<'_>>) -> io::Result<()>) -> Result<u8, StartError> {
    let mut stdout = BufWriter::with_capacity(OUTPUT_BUFFER, io::stdout().lock());
    match write(&mut stdout).and_then(|()| stdout.flush()) {
        // A reader that closes the pipe has seen enough, such as `| head`.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(StartError(format!("cannot write to stdout: {error}")))
        }
        Ok(()) | Err(_) => Ok(0),
    }
}

fn warn(warning: impl Display) {
    print_error(&format!("warning: {warning}"));
}

/// Prints to stderr. A closed stderr is not an error.
fn print_error(text: &str) {
    nonblocking_writer::write_stderr_unless_stopped(format!("monofy: {text}\n").as_bytes());
}
