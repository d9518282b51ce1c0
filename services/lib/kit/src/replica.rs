//! What tells one running process from all others of its role.

use std::net::SocketAddr;

/// A name that no other running process has, and that a process keeps when it is started again in its
/// place: the boot of the machine, the host's name and the address of its own admin port, which no
/// second process of that host can hold.
#[must_use]
pub fn name(admin: SocketAddr) -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let host = read("/proc/sys/kernel/hostname");
    let boot = read("/proc/sys/kernel/random/boot_id");
    format!("{host}/{boot}/{admin}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_processes_of_a_host_differ_and_one_started_again_does_not() {
        let of = |port| name(SocketAddr::from(([127, 0, 0, 1], port)));
        assert_eq!(of(8081), of(8081));
        assert_ne!(of(8081), of(8082));
        assert!(of(8081).len() < 200, "{}", of(8081));
    }
}
