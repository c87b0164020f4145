//! A model of the contract: the statuses (4.5) and the output lines (5) that it allows.

use crate::process::Process;
use crate::random::Random;

pub(crate) const STOPPING: [i32; 3] = [2, 3, 15];

/// What was sent to a run.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// The signals that monofy got.
    pub(crate) signals: Vec<i32>,
    /// Whether monofy and all processes got a TERM at once.
    pub(crate) has_term_to_all: bool,
    /// Whether that was the first stop signal.
    pub(crate) begins_with_term_to_all: bool,
}

/// A random line and its expected behaviour.
pub(crate) struct Line {
    pub(crate) words: Vec<String>,
    pub(crate) setup: Vec<Process>,
    pub(crate) processes: Vec<Process>,
    /// The value of `--output`.
    pub(crate) output: &'static str,
}

impl Line {
    pub(crate) fn random(random: &mut Random) -> Self {
        let output = random.one_of(&["raw", "prefix", "json"]);
        let grace = random.one_of(&["0", "100ms", "300ms", "600ms"]);
        let mut words = vec![format!("--grace={grace}"), format!("--output={output}")];
        if random.percent(30) {
            words.push(random.one_of(&["-q", "-v"]).to_owned());
        }
        let setup: Vec<_> = (0..random.below(3)).map(|n| Process::setup(&format!("s{n}"), random)).collect();
        let mut processes: Vec<Process> = Vec::new();
        for index in 0..=random.below(4) {
            let before: Vec<String> = processes.iter().map(|process| process.name.clone()).collect();
            let process = Process::random(&format!("p{index}"), random).with_options(&before, random);
            processes.push(process);
        }
        for command in &setup {
            words.extend(command.words.iter().cloned().chain(["&&".to_owned()]));
        }
        for (index, process) in processes.iter().enumerate() {
            words.extend((index > 0).then(|| "|||".to_owned()));
            words.extend(process.words.iter().cloned());
        }
        Self { words, setup, processes, output }
    }

    /// Checks the status of a run that got these signals.
    pub(crate) fn judge(&self, status: i32, stderr: &str, sent: &Sent) -> Result<(), String> {
        if sent.begins_with_term_to_all && status == 128 + 15 {
            return Err("TERM to all at once counts as the death of a process".to_owned());
        }
        let told = stderr.lines().rev().find_map(|line| line.split_once("ended with status "));
        let told = told.and_then(|(_, rest)| rest.split_once(", because "));
        if let Some((number, because)) = told {
            if number.parse() != Ok(status) {
                return Err(format!("the status is {status}, but what is told is {number}"));
            }
            return self.judge_cause(status, because, sent);
        }
        let all = self.setup.iter().chain(&self.processes);
        let is_own = all.into_iter().any(|process| own_ends(process, sent).contains(&status));
        if is_own || self.is_of_a_stop(status, sent) {
            return Ok(());
        }
        Err(format!("nothing explains the status {status}"))
    }

    fn judge_cause(&self, status: i32, because: &str, sent: &Sent) -> Result<(), String> {
        if because.contains(" was received") {
            let is_right = self.is_of_a_stop(status, sent);
            return is_right.then_some(()).ok_or(format!("{status} is no status of a stop from outside"));
        }
        let name = because.trim_start_matches("setup ").split(' ').next().unwrap_or_default();
        let process = self.setup.iter().chain(&self.processes).find(|process| process.name == name);
        let process = process.ok_or(format!("no reason of the line: {because}"))?;
        let exited = because.split_once("exited with status ").map(|(_, rest)| rest);
        let exited = exited.and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok());
        if exited.is_some_and(|exited: i32| exited != status) {
            return Err(format!("{status} is not the status of what ended it: {because}"));
        }
        if !own_ends(process, sent).contains(&status) {
            return Err(format!("{name} cannot end by itself with {status}: {because}"));
        }
        Ok(())
    }

    /// Whether it is the status of a stop from outside: every process ended as asked, or otherwise, or was killed.
    fn is_of_a_stop(&self, status: i32, sent: &Sent) -> bool {
        let all = || self.setup.iter().chain(&self.processes);
        let may = |process: &Process| {
            process.asked_ends.contains(&status) || own_ends(process, sent).contains(&status)
        };
        sent.signals.iter().any(|signal| STOPPING.contains(signal))
            && ([0, 137].contains(&status) || all().any(may))
    }

    /// Checks the output lines of the processes that write some.
    pub(crate) fn judge_lines(&self, stdout: &str, stderr: &str) -> Result<(), String> {
        if self.output == "raw" {
            return Ok(());
        }
        for process in self.processes.iter().filter(|process| !process.is_restarted) {
            let Some(count) = process.lines else { continue };
            let name = &process.name;
            // A reader that is too slow for the deadline of the stop, or for a second Ctrl-C, loses lines, and a notice
            // says so.
            let is_whole = stderr.contains(&format!("{name} exited with status 0"))
                && !stderr.contains("output is lost");
            for (stream, text) in [("stdout", stdout), ("stderr", stderr)] {
                let start = format!("{name} {stream} ");
                let found: Vec<_> = text.lines().filter_map(|line| self.message(line, &start)).collect();
                let is_right = |(index, line): (usize, &String)| {
                    let expected = format!("{start}{}", index + 1);
                    // A process that was killed may have been in the middle of its last line.
                    *line == expected || !is_whole && index + 1 == found.len() && expected.starts_with(line)
                };
                if !found.iter().enumerate().all(is_right) || found.len() > count {
                    return Err(format!("the lines of {name} on {stream} are not in order or not whole"));
                }
                if is_whole && found.len() != count {
                    return Err(format!("{} of the {count} lines of {name} on {stream}", found.len()));
                }
            }
        }
        Ok(())
    }

    /// The message of an output line, if it begins with this.
    fn message(&self, line: &str, start: &str) -> Option<String> {
        let message = if self.output == "json" {
            let object: serde_json::Value = serde_json::from_str(line).ok()?;
            object["message"].as_str()?.to_owned()
        } else {
            line.split_once(" | ")?.1.to_owned()
        };
        Some(message).filter(|message| message.starts_with(start))
    }
}

/// How a process may end without a stop: by itself, or by a signal that it got. A process that catches signals does not
/// catch them from its first moment on. One that got TERM itself may end as it does when it is asked to stop.
fn own_ends(process: &Process, sent: &Sent) -> Vec<i32> {
    let of_signals = sent.signals.iter().map(|signal| 128 + signal);
    let asked: &[i32] = if sent.has_term_to_all { &process.asked_ends } else { &[] };
    let zero = sent.has_term_to_all.then_some(0);
    process.own_ends.iter().chain(asked).copied().chain(of_signals).chain(zero).collect()
}
