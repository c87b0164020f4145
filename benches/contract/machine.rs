//! The date and the machine of the measurement.

use std::process::Command;

/// A sentence with both.
pub fn describe() -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("processor of unknown name", |(_, model)| model);
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let date = Command::new("date").arg("+%F").output().map(|output| output.stdout).unwrap_or_default();
    let virtual_machine = if cpuinfo.contains("hypervisor") { ", in a virtual machine" } else { "" };
    format!(
        "Measured on {}, on {count} × {model}{virtual_machine}, Linux {}, by `cargo bench --bench contract -- --write`.",
        String::from_utf8_lossy(&date).trim(),
        kernel.trim(),
    )
}
