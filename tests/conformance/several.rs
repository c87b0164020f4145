//! Rules with two processes.

use super::one::{DEFAULT, HUP, INT, TERM, USR1};
use super::scene::{Outcome, Scene, Settings, Unit, ensure};

fn start(scene: Scene<'_>, rules: [&str; 2], settings: Settings<'_>) -> Outcome<Unit> {
    let mut unit = scene.waiting("a", rules[0]).waiting("b", rules[1]).start(settings)?;
    unit.ready("a", 1)?;
    unit.ready("b", 1)?;
    Ok(unit)
}

pub(crate) fn each_is_told_to_stop(scene: Scene<'_>) -> Outcome<()> {
    let mut unit = start(scene, ["TERM=0", "TERM=0"], DEFAULT)?;
    unit.signal(TERM);
    unit.got("a", TERM)?;
    unit.got("b", TERM)?;
    unit.finish().map(drop)
}

pub(crate) fn each_gets_other_signals(scene: Scene<'_>) -> Outcome<()> {
    let mut unit = start(scene, ["", ""], DEFAULT)?;
    for number in [HUP, USR1] {
        unit.signal(number);
        unit.got("a", number)?;
        unit.got("b", number)?;
    }
    Ok(())
}

/// The second of two exits with 3.
fn one_exits(scene: Scene<'_>) -> Outcome<Unit> {
    let mut unit = start(scene, ["TERM=0", "USR1=3"], DEFAULT)?;
    let b = unit.process("b")?;
    super::support::send(b, USR1);
    unit.got("b", USR1)?;
    Ok(unit)
}

pub(crate) fn the_first_to_exit_ends_the_others(scene: Scene<'_>) -> Outcome<()> {
    let mut unit = one_exits(scene)?;
    unit.got("a", TERM)?;
    unit.finish().map(drop)
}

pub(crate) fn the_first_to_exit_decides_the_status(scene: Scene<'_>) -> Outcome<()> {
    one_exits(scene)?.finish_with(3)
}

pub(crate) fn a_stop_that_was_asked_for_is_0(scene: Scene<'_>) -> Outcome<()> {
    let unit = start(scene, ["TERM=die", "TERM=die"], DEFAULT)?;
    unit.signal(TERM);
    unit.finish_with(0)
}

pub(crate) fn an_ignored_int_stops_nothing(scene: Scene<'_>) -> Outcome<()> {
    let settings = Settings { changes: "ignore=INT", ..DEFAULT };
    let mut unit = start(scene, ["INT=ignore", "INT=ignore"], settings)?;
    unit.signal(INT);
    // A later signal is seen after it.
    unit.signal(USR1);
    for name in ["a", "b"] {
        unit.got(name, USR1)?;
        ensure(!unit.signals(name).contains(&TERM), || format!("{name} is told to stop"))?;
    }
    ensure(unit.is_running(), || "it ends".to_owned())
}

pub(crate) fn what_failed_is_restarted(scene: Scene<'_>) -> Outcome<()> {
    let mut unit = start(scene, ["USR1=1", ""], Settings { restarts: true, ..DEFAULT })?;
    let a = unit.process("a")?;
    super::support::send(a, USR1);
    unit.ready("a", 2)?;
    let signals = unit.signals("b");
    ensure(signals.is_empty(), || format!("its neighbour gets {signals:?}"))
}
