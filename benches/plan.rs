//! Planning a line of 1,000 templates, alone and with 1,000 variables in a defaults file, against `sh` doing the
//! same expansions. Both run in turn, and what counts is the ratio of the medians (contract, 6).
//!
//! `cargo bench --bench plan`; `MONOFY_STATIC` names another binary to measure.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const TEMPLATES: usize = 1000;
const ROUNDS: usize = 100;

fn monofy() -> PathBuf {
    std::env::var_os("MONOFY_STATIC")
        .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_monofy")), PathBuf::from)
}

fn template(index: usize) -> String {
    format!("--option-{index}=${{VARIABLE_{index}:-default {index}}}/${{OTHER_{index}-other}}")
}

/// What `monofy` is asked.
fn plan(defaults: Option<&PathBuf>) -> Command {
    let mut command = Command::new(monofy());
    match defaults {
        Some(file) => command.arg("--defaults").arg(file),
        None => command.arg("--no-defaults"),
    };
    command.arg("--plan=json").arg("true").args((0..TEMPLATES).map(template));
    command
}

/// What `sh` is asked: the same words, after the same variables where there are some.
fn shell(variables: &str) -> Command {
    let mut script = variables.to_owned();
    script.push_str("printf '%s\\n' true");
    for index in 0..TEMPLATES {
        let _ = write!(script, " \"{}\"", template(index));
    }
    let mut command = Command::new("sh");
    command.arg("-c").arg(script);
    command
}

fn time(command: &mut Command) -> Duration {
    let began = Instant::now();
    let status = command.env_clear().env("PATH", "/usr/bin:/bin").stdout(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "{command:?} fails");
    began.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn compare(what: &str, ours: &dyn Fn() -> Command, theirs: &dyn Fn() -> Command) {
    let mut times = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        times.0.push(time(&mut ours()));
        times.1.push(time(&mut theirs()));
    }
    let (ours, theirs) = (median(times.0), median(times.1));
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!("{what}: monofy {ours:.2?}, sh {theirs:.2?}, ratio {ratio:.2}");
}

fn main() {
    let mut toml = String::from("[vars]\n");
    let mut variables = String::new();
    for index in 0..TEMPLATES {
        let _ = writeln!(toml, "VARIABLE_{index} = \"value {index}\"");
        let _ = writeln!(variables, ": \"${{VARIABLE_{index}:=value {index}}}\"");
    }
    let file = std::env::temp_dir().join(format!("monofy-bench-{}.toml", std::process::id()));
    std::fs::write(&file, toml).expect("a file can be written");
    compare("1,000 templates", &|| plan(None), &|| shell(""));
    compare("1,000 templates, 1,000 variables", &|| plan(Some(&file)), &|| shell(&variables));
    let _ = std::fs::remove_file(&file);
}
