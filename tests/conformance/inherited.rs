//! Rules about what a process finds: as if the program above it had not been there.

use super::one::DEFAULT;
use super::scene::{Outcome, Scene, Settings, ensure};
use super::support::{Run, probe};

/// A line of the state that a process finds, below a program with these changes.
fn state(scene: Scene<'_>, changes: &str, line: &str) -> Outcome<String> {
    let file = scene.file("state");
    let words = [probe().into(), "state".into(), file.clone().into()];
    let mut unit = scene.command(words).start(Settings { changes, ..DEFAULT })?;
    let state = unit.contents(&file)?;
    let found = state.lines().find_map(|told| told.strip_prefix(line)?.strip_prefix(": "));
    found.map(str::to_owned).ok_or_else(|| format!("its state has no {line}"))
}

/// Compares a set of signals with the one that the program was started with.
fn signals(scene: Scene<'_>, change: &str, numbers: &[u32], line: &str) -> Outcome<()> {
    let changes: Vec<String> = numbers.iter().map(|number| format!("{change}={number}")).collect();
    let found = state(scene, &changes.join(" "), line)?;
    let expected = numbers.iter().fold(0_u64, |set, number| set | 1 << (number - 1));
    ensure(u64::from_str_radix(&found, 16) == Ok(expected), || {
        format!("{line} is {found}, not {expected:016x}")
    })
}

pub(crate) fn the_mask(scene: Scene<'_>) -> Outcome<()> {
    signals(scene, "block", &[10, 15, 40], "SigBlk")
}

pub(crate) fn ignored_signals(scene: Scene<'_>) -> Outcome<()> {
    // HUP, INT, USR1, PIPE, TTIN, TTOU.
    signals(scene, "ignore", &[1, 2, 10, 13, 21, 22], "SigIgn")
}

pub(crate) fn descriptors(scene: Scene<'_>) -> Outcome<()> {
    let numbers = |state: &str| -> Vec<String> {
        state.split(' ').filter_map(|entry| Some(entry.split_once('=')?.0.to_owned())).collect()
    };
    // The test itself may have inherited more than the three.
    let direct = scene.file("direct");
    Run::of(probe(), ["state".as_ref(), direct.as_os_str()]).finish();
    let direct = std::fs::read_to_string(direct).map_err(|error| error.to_string())?;
    let expected = direct.lines().find_map(|told| told.strip_prefix("descriptors: ")).unwrap_or_default();
    let found = state(scene, "", "descriptors")?;
    let expected = numbers(expected);
    let own = numbers(&found).into_iter().filter(|number| !expected.contains(number)).count();
    ensure(own == 0, || format!("its process has {found}, without it only {}", expected.join(" ")))
}

pub(crate) fn environment(scene: Scene<'_>) -> Outcome<()> {
    let found = state(scene, "", "environment")?;
    let names: Vec<&str> = found.split(' ').filter_map(|entry| Some(entry.split_once('=')?.0)).collect();
    ensure(names == ["LOG", "PATH", "PROBE"], || format!("its process has the variables {names:?}"))
}
