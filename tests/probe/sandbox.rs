//! A sandbox that refuses system calls (seccomp(2)), as container engines install one. `TIOCGPTPEER` is that request of
//! ioctl(2).

use nix::libc::{self, c_int, c_long, sock_filter, sock_fprog};

/// Where the kernel puts the number of the call, and the lower half of its second argument (little-endian).
const NUMBER: u32 = 0;
const SECOND_ARGUMENT: u32 = 24;

/// The number of a system call.
fn number(name: &str) -> c_long {
    match name {
        "clone3" => libc::SYS_clone3,
        "close_range" => libc::SYS_close_range,
        "getrandom" => libc::SYS_getrandom,
        "memfd_create" => libc::SYS_memfd_create,
        "pidfd_open" => libc::SYS_pidfd_open,
        "pidfd_send_signal" => libc::SYS_pidfd_send_signal,
        "pwritev2" => libc::SYS_pwritev2,
        "statx" => libc::SYS_statx,
        "timer_create" => libc::SYS_timer_create,
        _ => panic!("no such system call: {name}"),
    }
}

/// Makes each of these calls fail with its error, for this process and all that come from it.
pub(crate) fn refuse(calls: &[(&str, c_int)]) {
    const NONE: c_long = 0;
    let code = |code: u32| u16::try_from(code).expect("a code is small");
    let statement = |kind: u32, k: u32| sock_filter { code: code(kind), jt: 0, jf: 0, k };
    // If the value that was loaded is equal to `k`, goes on; else skips so many statements.
    let unless_equal = |k: u32, jf: u8| sock_filter {
        code: code(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K),
        jt: 0,
        jf,
        k,
    };
    let load = |offset: u32| statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset);
    let small = |number: c_long| u32::try_from(number).expect("a number is small");
    let mut filter = Vec::new();
    for (name, error) in calls {
        let fail = statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ERRNO | error.unsigned_abs());
        if *name == "TIOCGPTPEER" {
            let is_ioctl = [load(NUMBER), unless_equal(small(libc::SYS_ioctl), 3)];
            filter.extend(is_ioctl);
            let request = u32::try_from(libc::TIOCGPTPEER).expect("a request has 32 bits");
            filter.extend([load(SECOND_ARGUMENT), unless_equal(request, 1), fail]);
        } else {
            filter.extend([load(NUMBER), unless_equal(small(number(name)), 1), fail]);
        }
    }
    filter.push(statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW));
    let program =
        sock_fprog { len: u16::try_from(filter.len()).expect("it is short"), filter: filter.as_mut_ptr() };
    // SAFETY: the kernel copies the filter, which lives until the calls have returned.
    unsafe {
        let one: c_long = 1;
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, one, NONE, NONE, NONE), 0, "no new privileges");
        let mode = c_long::from(libc::SECCOMP_MODE_FILTER.cast_signed());
        let result = libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const program, NONE, NONE);
        assert_eq!(result, 0, "the kernel takes the filter");
    }
}
