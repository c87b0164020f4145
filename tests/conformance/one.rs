//! Rules with one process.

use super::scene::{Outcome, Scene, Settings, ensure};

pub(crate) const HUP: i32 = 1;
pub(crate) const INT: i32 = 2;
pub(crate) const QUIT: i32 = 3;
pub(crate) const USR1: i32 = 10;
pub(crate) const USR2: i32 = 12;
pub(crate) const ALRM: i32 = 14;
pub(crate) const TERM: i32 = 15;
pub(crate) const STOP: i32 = 19;
pub(crate) const WINCH: i32 = 28;

pub(crate) const DEFAULT: Settings<'_> =
    Settings { grace: None, restarts: false, is_below: false, changes: "" };

pub(crate) fn term_is_passed_on(scene: Scene<'_>) -> Outcome<()> {
    let mut unit = scene.waiting("a", "TERM=0").start(DEFAULT)?;
    unit.ready("a", 1)?;
    unit.signal(TERM);
    unit.got("a", TERM)?;
    unit.finish().map(drop)
}

pub(crate) fn standard_signals_are_passed_on(scene: Scene<'_>) -> Outcome<()> {
    let mut unit = scene.waiting("a", "INT=ignore QUIT=ignore").start(DEFAULT)?;
    unit.ready("a", 1)?;
    for number in [HUP, USR1, USR2, ALRM, WINCH, INT, QUIT] {
        unit.signal(number);
        unit.got("a", number)?;
    }
    Ok(())
}

pub(crate) fn real_time_signals_are_passed_on(scene: Scene<'_>) -> Outcome<()> {
    let mut unit = scene.waiting("a", "").start(DEFAULT)?;
    unit.ready("a", 1)?;
    for number in 34..=64 {
        unit.signal(number);
        unit.got("a", number)?;
    }
    Ok(())
}

pub(crate) fn workers_are_not_told(scene: Scene<'_>) -> Outcome<()> {
    let script = "\"$PROBE\" wait worker >>\"$LOG\" &\nexec \"$PROBE\" wait a >>\"$LOG\"\n";
    let mut unit = scene.script("a", script).start(DEFAULT)?;
    unit.ready("a", 1)?;
    unit.ready("worker", 1)?;
    unit.signal(USR1);
    unit.got("a", USR1)?;
    // What was sent to the worker before this one was reported before it.
    let worker = unit.process("worker")?;
    super::support::send(worker, WINCH);
    unit.got("worker", WINCH)?;
    let signals = unit.signals("worker");
    ensure(signals == [WINCH], || format!("a worker gets {signals:?}"))
}

pub(crate) fn the_status_is_that_of_the_process(scene: Scene<'_>) -> Outcome<()> {
    scene.script("a", "exit 37\n").start(DEFAULT)?.finish_with(37)
}

pub(crate) fn a_death_is_128_and_the_signal(scene: Scene<'_>) -> Outcome<()> {
    scene.script("a", "kill -KILL $$\n").start(DEFAULT)?.finish_with(137)
}

pub(crate) fn a_missing_program_is_127(scene: Scene<'_>) -> Outcome<()> {
    let other = scene.sibling();
    let text = other.file("text");
    std::fs::write(&text, "no program").map_err(|error| error.to_string())?;
    scene.command(["/no/such/program".into()]).start(DEFAULT)?.finish_with(127)?;
    other.command([text.into()]).start(DEFAULT)?.finish_with(126)
}

/// Twenty orphans that end at once and one that ends when it is asked to, beside a process that stays.
fn reaps(scene: Scene<'_>, settings: Settings<'_>) -> Outcome<()> {
    let script = format!(
        "{}(\"$PROBE\" wait orphan TERM=0 >>\"$LOG\" &)\nexec \"$PROBE\" wait a >>\"$LOG\"\n",
        "(true &)\n".repeat(20)
    );
    let mut unit = scene.script("a", &script).start(settings)?;
    unit.ready("a", 1)?;
    unit.ready("orphan", 1)?;
    let orphan = unit.process("orphan")?;
    super::support::send(orphan, TERM);
    unit.is_reaped(orphan)?;
    unit.has_no_zombie()?;
    ensure(unit.is_running(), || "it ends with an orphan".to_owned())?;
    let signals = unit.signals("a");
    ensure(signals.is_empty(), || format!("its process gets {signals:?} when an orphan ends"))
}

pub(crate) fn orphans_are_reaped(scene: Scene<'_>) -> Outcome<()> {
    reaps(scene, DEFAULT)
}

pub(crate) fn orphans_are_reaped_below_an_init(scene: Scene<'_>) -> Outcome<()> {
    reaps(scene, Settings { is_below: true, ..DEFAULT })
}

pub(crate) fn a_stopped_process_ends(scene: Scene<'_>) -> Outcome<()> {
    let mut unit = scene.waiting("a", "TERM=0").start(DEFAULT)?;
    unit.ready("a", 1)?;
    let process = unit.process("a")?;
    super::support::send(process, STOP);
    unit.state(process, 'T')?;
    unit.signal(TERM);
    unit.got("a", TERM)
}

pub(crate) fn descendants_are_told(scene: Scene<'_>) -> Outcome<()> {
    let script =
        "(setsid \"$PROBE\" wait daemon TERM=0 >>\"$LOG\" &)\nexec \"$PROBE\" wait a TERM=0 >>\"$LOG\"\n";
    let mut unit = scene.script("a", script).start(DEFAULT)?;
    unit.ready("a", 1)?;
    unit.ready("daemon", 1)?;
    unit.signal(TERM);
    unit.got("a", TERM)?;
    unit.got("daemon", TERM)?;
    unit.finish().map(drop)
}

pub(crate) fn the_deadline_kills(scene: Scene<'_>) -> Outcome<()> {
    let mut unit = scene.waiting("a", "TERM=ignore").start(Settings { grace: Some(1), ..DEFAULT })?;
    unit.ready("a", 1)?;
    unit.signal(TERM);
    unit.got("a", TERM)?;
    unit.finish().map(drop)
}
