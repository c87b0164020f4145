//! The processes of a random line, and how each may end.

use crate::random::Random;
use crate::support::probe;

/// A process, or a setup command.
pub(crate) struct Process {
    pub(crate) name: String,
    /// Its part of the line, options included.
    pub(crate) words: Vec<String>,
    /// The statuses with which it may end by itself.
    pub(crate) own_ends: Vec<i32>,
    /// The statuses with which it may end when it is asked to stop, besides those that count as 0.
    pub(crate) asked_ends: Vec<i32>,
    /// How many lines it writes to each stream, if any.
    pub(crate) lines: Option<usize>,
    pub(crate) is_restarted: bool,
}

impl Process {
    fn new(name: &str, words: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            own_ends: Vec::new(),
            asked_ends: Vec::new(),
            lines: None,
            is_restarted: false,
        }
    }

    /// A shell.
    fn shell(name: &str, script: &str, own_ends: &[i32]) -> Self {
        let own_ends = own_ends.to_vec();
        Self { own_ends, ..Self::new(name, &["sh", "-c", script]) }
    }

    fn waiting(name: &str, rules: &[&str]) -> Self {
        Self::new(name, &[&[&*probe().display().to_string(), "wait", name], rules].concat())
    }

    /// A process that waits for a stop, ends by itself, or behaves badly.
    pub(crate) fn random(name: &str, random: &mut Random) -> Self {
        let status = i32::try_from(random.below(4)).expect("it is small");
        match random.below(18) {
            0 => Self::shell(name, &format!("exit {status}"), &[status]),
            1 | 2 => {
                let script = format!("sleep 0.{:02}; exit {status}", random.below(30));
                Self::shell(name, &script, &[status])
            }
            3 | 4 => Self::waiting(name, &[]),
            5 => Self::waiting(name, &["TERM=ignore", "INT=ignore", "QUIT=ignore"]),
            6 => {
                let asked_ends = vec![3];
                Self { asked_ends, ..Self::waiting(name, &["TERM=3", "INT=130", "QUIT=die"]) }
            }
            7 => {
                let signal = random.one_of(&[9, 10, 12, 36]);
                Self::shell(name, &format!("kill -{signal} $$"), &[128 + signal])
            }
            8 => Self::shell(name, &format!("sleep 1000 & exit {status}"), &[status]),
            9 => Self::shell(name, &format!("trap '' TERM; sleep 1000 & exit {status}"), &[status]),
            10 => {
                // A daemon, which leaves the process group.
                let script = format!("setsid sleep 1000 & exec \"$PROBE\" wait {name}");
                Self { own_ends: Vec::new(), ..Self::shell(name, &script, &[]) }
            }
            11 | 12 => {
                let count = 1 + usize::try_from(random.below(3000)).expect("it is small");
                let words = [&*probe().display().to_string(), "lines", name, &count.to_string()];
                Self { own_ends: vec![0], lines: Some(count), ..Self::new(name, &words) }
            }
            13 => Self::new(name, &["sleep", "1000"]),
            14 => Self {
                own_ends: vec![0],
                ..Self::new(name, &[&*probe().display().to_string(), "comet", name])
            },
            15 => Self::shell(name, &format!("exec >&- 2>&-; sleep 0.05; exit {status}"), &[status]),
            // Sets O_NONBLOCK on its stdout and stderr, as node does.
            16 => {
                let probe = &*probe().display().to_string();
                Self::new(name, &[probe, "with", "nonblock=1", "nonblock=2", "--", probe, "wait", name])
            }
            // Stopped until it gets CONT.
            _ => Self::shell(name, "printf unfinished; kill -STOP $$; exit 4", &[4]),
        }
    }

    /// Adds random options. Some block the processes behind it for ever. `before` are the processes it may wait for.
    pub(crate) fn with_options(mut self, before: &[String], random: &mut Random) -> Self {
        let mut options = vec![format!("--name={}", self.name)];
        let mut sometimes = |cases, option: &str, values: &[&str], random: &mut Random| {
            let is_there = random.percent(cases);
            if is_there {
                options.push(format!("{option}={}", random.one_of(values)));
            }
            is_there
        };
        if sometimes(10, "--stop-signal", &["INT", "USR1", "QUIT", "RTMIN+1"], random) {
            // 137: it does not react to this signal and is killed.
            self.asked_ends.extend([137]);
        }
        sometimes(10, "--stop-timeout", &["0", "100ms", "400ms"], random);
        self.is_restarted = sometimes(20, "--restart", &["on-failure:1", "on-failure", "always"], random);
        let checks = ["exec:true", "exec:false", "fd:3", "log:ready", "notify", "tcp:1"];
        sometimes(25, "--ready", &checks, random);
        sometimes(10, "--wait", &["exec:true", "file:/"], random);
        if let (Some(other), true) = (before.last(), random.percent(20)) {
            options.push(format!("--after={other}"));
        }
        if random.percent(10) {
            options.push("--tty".to_owned());
        }
        options.append(&mut self.words);
        self.words = options;
        self
    }

    pub(crate) fn setup(name: &str, random: &mut Random) -> Self {
        let (script, status) = match random.below(9) {
            0 => ("exit 7", 7),
            4 => ("\"$$PROBE\" with nonblock=1 nonblock=2 -- true", 0),
            1 => ("sleep 0.1", 0),
            2 => ("sleep 1000 & exit 0", 0),
            3 => ("kill -9 $$", 137),
            _ => ("exit 0", 0),
        };
        let mut this = Self::shell(name, script, &[status]);
        this.words.insert(0, format!("--name={name}"));
        this
    }
}
