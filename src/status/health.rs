//! Whether everything that should run runs and is ready.

use crate::status::{ProcessStatus, Stage, State, Status};

/// What is wrong, in one line.
pub(super) fn complaint(status: &Status) -> Option<String> {
    match (status.stage, &status.setup) {
        (Stage::Setup, Some(setup)) => return Some(format!("the setup command {setup} is still running")),
        (Stage::Setup, None) => return Some("the setup is not over yet".to_owned()),
        (Stage::Stopping, _) => return Some("everything is being stopped".to_owned()),
        (Stage::Starting | Stage::Running, _) => {}
    }
    let complaints: Vec<String> = status.processes.iter().filter_map(of_process).collect();
    (!complaints.is_empty()).then(|| complaints.join("; "))
}

fn of_process(process: &ProcessStatus) -> Option<String> {
    let name = &process.name;
    let how = process.last_exit.as_ref().map(|exit| format!(": it {}", exit.how)).unwrap_or_default();
    match process.state {
        // A process that has ended is ready if it has done its work once, or was skipped.
        State::Running | State::Ended if process.ready => None,
        State::Running => Some(format!("{name} is not ready")),
        State::Waiting => Some(format!("{name} has not been started yet")),
        State::Restarting => Some(format!("{name} is waiting to be started again{how}")),
        State::Ended => Some(format!("{name} does not run{how}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::ExitReason;
    use crate::status::tests::{process, status};

    #[test]
    fn nothing_is_wrong_where_all_run_and_are_ready() {
        assert_eq!(status(vec![process("web"), process("worker")]).complaint(), None);
    }

    #[test]
    fn a_process_that_has_done_its_work_is_all_right() {
        let mut done = process("migrate");
        (done.state, done.pid) = (State::Ended, None);
        assert_eq!(status(vec![process("web"), done]).complaint(), None);
    }

    #[test]
    fn everything_that_is_wrong_is_told_in_one_line() {
        let mut late = process("db");
        late.ready = false;
        let mut waiting = process("web");
        waiting.state = State::Waiting;
        let mut failed = process("worker");
        failed.state = State::Restarting;
        failed.last_exit = Some(ExitReason::Exited(3).into());
        assert_eq!(
            status(vec![late, process("cache"), waiting, failed]).complaint().unwrap(),
            "db is not ready; web has not been started yet; \
             worker is waiting to be started again: it exited with status 3"
        );
    }

    #[test]
    fn a_run_that_begins_or_ends_is_not_healthy() {
        for (stage, setup, words) in [
            (Stage::Setup, Some("migrate"), "the setup command migrate is still running"),
            (Stage::Setup, None, "the setup is not over yet"),
            (Stage::Stopping, None, "everything is being stopped"),
        ] {
            let setup = setup.map(str::to_owned);
            let status = Status { stage, setup, ..status(vec![process("web")]) };
            assert_eq!(status.complaint().as_deref(), Some(words));
        }
    }
}
