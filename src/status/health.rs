//! Decides whether a run is healthy: every process is running, ready and alive.

use crate::status::alive;
use crate::status::{ProcessState, ProcessStatus, RunStage, Status};

/// What is wrong, a line for each process.
pub(super) fn complaints(status: &Status) -> Vec<String> {
    match (status.stage, &status.setup) {
        (RunStage::Setup, Some(setup)) => vec![format!("setup command {setup} is still running")],
        (RunStage::Setup, None) => vec!["the setup has not ended yet".to_owned()],
        (RunStage::Stopping, _) => vec!["the run is being stopped".to_owned()],
        (RunStage::Starting | RunStage::Running, _) => {
            status.processes.iter().filter_map(process_complaint).collect()
        }
    }
}

fn process_complaint(process: &ProcessStatus) -> Option<String> {
    let name = &process.name;
    let how = process.last_exit.as_ref().map(|exit| format!(": it {}", exit.how)).unwrap_or_default();
    match process.state {
        // A process that has ended is ready if it has done its work once, or was skipped.
        ProcessState::Running | ProcessState::Ended if process.ready => {
            alive::complaint(name, process.alive_results.as_deref().unwrap_or_default())
        }
        ProcessState::Running => Some(format!("{name} is not ready")),
        ProcessState::Waiting => Some(format!("{name} has not been started yet")),
        ProcessState::Restarting => Some(format!("{name} is waiting to be restarted{how}")),
        ProcessState::Ended => Some(format!("{name} is not running{how}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::ExitReason;
    use crate::status::tests::{checked_process, process, status};

    #[test]
    fn a_run_with_every_process_ready_is_healthy() {
        assert_eq!(status(vec![process("web"), process("worker")]).complaints(), [] as [&str; 0]);
    }

    #[test]
    fn a_once_process_that_succeeded_is_healthy() {
        let mut done = process("migrate");
        (done.state, done.pid) = (ProcessState::Ended, None);
        assert_eq!(status(vec![process("web"), done]).complaints(), [] as [&str; 0]);
    }

    #[test]
    fn each_process_with_something_wrong_has_a_line() {
        let mut late = process("db");
        late.ready = false;
        let mut waiting = process("web");
        waiting.state = ProcessState::Waiting;
        let mut failed = process("worker");
        failed.state = ProcessState::Restarting;
        failed.last_exit = Some(ExitReason::Exited(3).into());
        let mut status =
            status(vec![late, process("cache"), waiting, failed, checked_process("api", &["tcp:1"])]);
        status.take_results(vec![vec![Err("refused".to_owned())]]);
        assert_eq!(
            status.complaints(),
            [
                "db is not ready",
                "web has not been started yet",
                "worker is waiting to be restarted: it exited with status 3",
                "api is not alive: tcp:1: refused",
            ]
        );
    }

    #[test]
    fn a_run_in_its_setup_or_its_stop_is_not_healthy() {
        for (stage, setup, words) in [
            (RunStage::Setup, Some("migrate"), "setup command migrate is still running"),
            (RunStage::Setup, None, "the setup has not ended yet"),
            (RunStage::Stopping, None, "the run is being stopped"),
        ] {
            let setup = setup.map(str::to_owned);
            let status = Status { stage, setup, ..status(vec![process("web")]) };
            assert_eq!(status.complaints(), [words]);
        }
    }
}
