//! The time of day, for files. A clock may be set to any time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The end of the year 9999 in seconds since 1970.
const LATEST: Duration = Duration::from_secs(253_402_300_799);

/// The present time; one before 1970 or after 9999, which RFC 3339 cannot write, counts as the nearest that it can.
pub fn now() -> SystemTime {
    writable(SystemTime::now())
}

/// A time that RFC 3339 can write: one before 1970 or after 9999 counts as the nearest.
pub fn writable(time: SystemTime) -> SystemTime {
    time.clamp(UNIX_EPOCH, UNIX_EPOCH + LATEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clock_is_survived() {
        for (time, written) in [
            (UNIX_EPOCH + Duration::from_millis(1_500), "1970-01-01T00:00:01.500Z"),
            (UNIX_EPOCH - Duration::from_secs(1), "1970-01-01T00:00:00.000Z"),
            (UNIX_EPOCH - Duration::from_secs(1 << 40), "1970-01-01T00:00:00.000Z"),
            (UNIX_EPOCH + LATEST + Duration::from_secs(1), "9999-12-31T23:59:59.000Z"),
        ] {
            assert_eq!(humantime::format_rfc3339_millis(writable(time)).to_string(), written);
        }
    }
}
