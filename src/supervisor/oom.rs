//! Finds out whether the kernel killed a process because the memory of its control group was used up (cgroups(7)).
//!
//! The kernel increments a counter before it sends such a SIGKILL. The counter covers the whole control group, which
//! monofy shares with its processes; a group that only a process created and moved to is not looked at in version 1,
//! and is counted with its parents in version 2.

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use crate::exit::KillCause;

/// The line of `memory.events` (version 2) and `memory.oom_control` (version 1) that counts kills.
const COUNTER: &str = "oom_kill";

const ROOT: &str = "/";

/// Limits from here on are none: version 1 shows the largest number of pages.
const NO_LIMIT: u64 = 1 << 62;

/// Compares the counter of kills with its value at the start.
#[derive(Debug, Default)]
pub(super) struct OomMonitor {
    group: Option<MemoryGroup>,
    /// Kills of before the start, and those that were explained.
    explained: u64,
    has_begun: bool,
}

impl OomMonitor {
    /// Remembers the counter. Called when the run has lasted for a moment, so that it does not delay the first commands;
    /// later calls do nothing.
    pub(super) fn begin(&mut self) {
        if !self.has_begun {
            self.begin_at(Path::new(ROOT));
        }
    }

    fn begin_at(&mut self, root: &Path) {
        self.has_begun = true;
        if let Some((group, kills)) = MemoryGroup::find(root) {
            self.group = Some(group);
            self.explained = kills.unwrap_or(u64::MAX);
        }
    }

    /// The cause of a SIGKILL that monofy did not send to a process that has just died.
    pub(super) fn explain_kill(&mut self) -> KillCause {
        self.explain_kill_at(Path::new(ROOT))
    }

    fn explain_kill_at(&mut self, root: &Path) -> KillCause {
        if !self.has_begun {
            self.begin_at(root);
            // The run is so young that a kill of before it is less likely than one of it.
            // A kill that is counted already is more likely one of this run than one of before it.
            if self.explained != u64::MAX {
                self.explained = 0;
            }
        }
        let Some(group) = &self.group else { return KillCause::NotSentByMonofy };
        if group.kills().is_none_or(|kills| kills <= self.explained) {
            return KillCause::NotSentByMonofy;
        }
        self.explained += 1;
        KillCause::OutOfMemory(group.limit())
    }
}

/// The control group that counts the memory of monofy.
#[derive(Debug, PartialEq, Eq)]
struct MemoryGroup {
    directory: PathBuf,
    /// Where the hierarchy is mounted: `directory` or a parent of it.
    mount: PathBuf,
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

impl Version {
    fn counter_file(self) -> &'static str {
        match self {
            Self::One => "memory.oom_control",
            Self::Two => "memory.events",
        }
    }

    fn limit_file(self) -> &'static str {
        match self {
            Self::One => "memory.limit_in_bytes",
            Self::Two => "memory.max",
        }
    }
}

impl MemoryGroup {
    /// The group of this process, and the counter of kills if it has one.
    fn find(root: &Path) -> Option<(Self, Option<u64>)> {
        let (version, path) = parse_membership(&read(&root.join("proc/self/cgroup"))?)?;
        let mount = root.join(match version {
            Version::One => "sys/fs/cgroup/memory",
            Version::Two => "sys/fs/cgroup",
        });
        // In a container the group, or one of its parents, is mounted where the whole hierarchy would be: then only
        // the end of the path exists below the mount.
        let mut names = path.components();
        loop {
            let directory = mount.join(names.as_path());
            if let Some(counter) = read(&directory.join(version.counter_file())) {
                return Some((Self { directory, mount, version }, parse_counter(&counter)));
            }
            names.next()?;
        }
    }

    fn kills(&self) -> Option<u64> {
        parse_counter(&read(&self.directory.join(self.version.counter_file()))?)
    }

    /// The lowest limit of the group and its parents.
    fn limit(&self) -> Option<u64> {
        let groups = self.directory.ancestors().take_while(|group| group.starts_with(&self.mount));
        let limits = groups.filter_map(|group| read(&group.join(self.version.limit_file())));
        limits.filter_map(|text| parse_limit(&text)).min()
    }
}

/// Reads a file of the kernel, which gives all that there is room for at once: one read does for a small one.
fn read(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let mut text = vec![0; 1024];
    let mut length = file.read(&mut text).ok()?;
    while length == text.len() {
        text.resize(2 * length, 0);
        length += file.read(&mut text[length..]).ok()?;
    }
    text.truncate(length);
    String::from_utf8(text).ok()
}

/// Parses `/proc/self/cgroup`: the version of the hierarchy that has the memory controller, and the path in it,
/// without a `/` in front.
fn parse_membership(text: &str) -> Option<(Version, PathBuf)> {
    let lines = text.lines().filter_map(|line| {
        let (_, rest) = line.split_once(':')?;
        rest.split_once(':')
    });
    let mut unified = None;
    for (controllers, path) in lines {
        if controllers.split(',').any(|controller| controller == "memory") {
            return Some((Version::One, relative(path)));
        }
        if controllers.is_empty() {
            unified = Some((Version::Two, relative(path)));
        }
    }
    unified
}

/// The path below the mount. A group outside the control group namespace begins with `..`, and its counter cannot be
/// read: what is left of it does no harm.
fn relative(path: &str) -> PathBuf {
    Path::new(path).components().filter(|component| matches!(component, Component::Normal(_))).collect()
}

fn parse_counter(text: &str) -> Option<u64> {
    let mut fields = text.lines().filter_map(|line| line.split_once(' '));
    fields.find(|(name, _)| *name == COUNTER)?.1.trim().parse().ok()
}

/// Parses `memory.max` and `memory.limit_in_bytes`. `None` if there is no limit.
fn parse_limit(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|limit| *limit < NO_LIMIT)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A directory with these files, removed on drop.
    struct Root(PathBuf);

    impl Root {
        fn new(test: &str, files: &[(&str, &str)]) -> Self {
            let root = Self(std::env::temp_dir().join(format!("monofy-oom-{test}-{}", std::process::id())));
            for (path, text) in files {
                root.write(path, text);
            }
            root
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.0.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn begin(&self) -> OomMonitor {
            let mut monitor = OomMonitor::default();
            monitor.begin_at(&self.0);
            monitor
        }
    }

    impl Drop for Root {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    const MIB_64: KillCause = KillCause::OutOfMemory(Some(64 << 20));

    fn events(kills: u64) -> String {
        format!("low 0\nhigh 0\nmax 12\noom 1\noom_kill {kills}\noom_group_kill 0\n")
    }

    #[test]
    fn each_kill_that_the_kernel_counts_in_version_2_explains_one_death() {
        let counter = "sys/fs/cgroup/memory.events";
        let root = Root::new("two", &[("proc/self/cgroup", "0::/\n"), (counter, &events(3))]);
        root.write("sys/fs/cgroup/memory.max", "67108864\n");
        let mut monitor = root.begin();
        assert_eq!(monitor.explain_kill(), KillCause::NotSentByMonofy);
        root.write(counter, &events(5));
        assert_eq!([monitor.explain_kill(), monitor.explain_kill()], [MIB_64; 2]);
        assert_eq!(monitor.explain_kill(), KillCause::NotSentByMonofy);
    }

    #[test]
    fn version_1_in_a_container_mounts_the_group_itself() {
        let counter = "sys/fs/cgroup/memory/memory.oom_control";
        let state = |kills| format!("oom_kill_disable 0\nunder_oom 0\noom_kill {kills}\n");
        let membership = "9:name=systemd:/docker/df70\n5:cpu,memory:/docker/df70\n0::/docker/df70\n";
        let root = Root::new("one", &[("proc/self/cgroup", membership), (counter, &state(0))]);
        root.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "67108864\n");
        let mut monitor = root.begin();
        root.write(counter, &state(1));
        assert_eq!(monitor.explain_kill(), MIB_64);
    }

    #[test]
    fn the_lowest_limit_of_the_group_and_its_parents_is_shown() {
        let group = "sys/fs/cgroup/system.slice/web.service";
        let root = Root::new("limits", &[("proc/self/cgroup", "0::/system.slice/web.service\n")]);
        root.write("sys/fs/cgroup/memory.max", "1\n");
        root.write(&format!("{group}/memory.events"), &events(0));
        root.write(&format!("{group}/memory.max"), "max\n");
        root.write("sys/fs/cgroup/memory.max", "max\n");
        let mut monitor = root.begin();
        root.write(&format!("{group}/memory.events"), &events(2));
        assert_eq!(monitor.explain_kill(), KillCause::OutOfMemory(None));
        root.write("sys/fs/cgroup/system.slice/memory.max", "67108864\n");
        assert_eq!(monitor.explain_kill(), MIB_64);
    }

    #[test]
    fn the_largest_number_of_pages_is_no_limit() {
        assert_eq!(parse_limit("9223372036854771712\n"), None);
        assert_eq!(parse_limit("max\n"), None);
        assert_eq!(parse_limit("4096\n"), Some(4096));
    }

    #[test]
    fn without_files_nothing_is_claimed() {
        let broken: [&[(&str, &str)]; 5] = [
            &[],
            &[("proc/self/cgroup", "")],
            &[("proc/self/cgroup", "nonsense\n::::\n0::/../../other\n")],
            &[("proc/self/cgroup", "0::/\n"), ("sys/fs/cgroup/memory.events", "oom_kill many\n")],
            &[("proc/self/cgroup", "0::/\n"), ("sys/fs/cgroup/memory.events", "")],
        ];
        for files in broken {
            let root = Root::new("broken", files);
            assert_eq!(root.begin().explain_kill(), KillCause::NotSentByMonofy, "{files:?}");
        }
    }

    #[test]
    fn a_kill_of_before_the_first_look_at_the_counter_is_explained_by_it() {
        let files = |kills| {
            [("proc/self/cgroup", "0::/\n".to_owned()), ("sys/fs/cgroup/memory.events", events(kills))]
        };
        let cause = |kills| {
            let files = files(kills);
            let files = files.each_ref().map(|(path, text)| (*path, text.as_str()));
            let root = Root::new("early", &files);
            OomMonitor::default().explain_kill_at(&root.0)
        };
        assert_eq!(cause(1), KillCause::OutOfMemory(None));
        assert_eq!(cause(0), KillCause::NotSentByMonofy);
        let root = Root::new("early", &[("proc/self/cgroup", "0::/\n")]);
        assert_eq!(OomMonitor::default().explain_kill_at(&root.0), KillCause::NotSentByMonofy);
    }
}
