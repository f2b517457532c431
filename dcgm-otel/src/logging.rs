//! Log lines that cannot end the thread that writes them.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Writes a log line. A panic of the host's subscriber, as when its output is a closed pipe, ends
/// there: sampling goes on. The panic hook has reported it.
pub(crate) fn write_line(write: impl FnOnce()) {
    drop(catch_unwind(AssertUnwindSafe(write)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_subscriber_is_contained() {
        let mut written = false;
        write_line(|| written = true);
        write_line(|| panic!("a test makes the subscriber panic"));
        assert!(written);
    }
}
