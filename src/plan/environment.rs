//! Environment variables addressed to monofy.

/// The variables that stand for global options. Processes do not inherit them, so that a monofy among the processes
/// does not obey the options of this one.
pub const OPTION_VARIABLES: [&str; 20] = [
    "MONOFY_DEFAULTS",
    "MONOFY_ENV_FILE",
    "MONOFY_EXPLAIN",
    "MONOFY_GRACE",
    "MONOFY_IMAGE",
    "MONOFY_NO_DEFAULTS",
    "MONOFY_ONLY",
    "MONOFY_OUTPUT",
    "MONOFY_PLAN",
    "MONOFY_QUIET",
    "MONOFY_READY_FD",
    "MONOFY_RENDER",
    "MONOFY_RUN_PLAN",
    "MONOFY_SECRET",
    "MONOFY_SETUP",
    "MONOFY_SHOW_SECRETS",
    "MONOFY_START_TIMEOUT",
    "MONOFY_STRICT",
    "MONOFY_VERBOSE",
    "MONOFY_WAIT",
];

/// The number of a copy of a process (`--replicas`), from 1.
pub const REPLICA_VARIABLE: &str = "MONOFY_REPLICA";

/// Other variables that monofy sets or reads.
pub const OTHER_VARIABLES: [&str; 1] = [REPLICA_VARIABLE];
