//! Timestamps as RFC 3339 writes them.

use std::time::{SystemTime, UNIX_EPOCH};

/// A formatted timestamp in UTC, with microseconds: `2026-01-31T12:34:56.789012Z`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Timestamp([u8; 27]);

impl Timestamp {
    /// Formats a time of the years 1970 to 9999.
    #[must_use]
    pub fn of(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
        let (year, month, day) = date(days);
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        write_digits(&mut text[..4], year);
        write_digits(&mut text[5..7], month);
        write_digits(&mut text[8..10], day);
        write_digits(&mut text[11..13], second / 3600);
        write_digits(&mut text[14..16], second / 60 % 60);
        write_digits(&mut text[17..19], second % 60);
        write_digits(&mut text[20..26], since.subsec_micros().into());
        Self(text)
    }

    /// The text, which is ASCII.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn write_digits(digits: &mut [u8], mut number: u64) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
}

/// The year, month and day of a number of days since 1970-01-01. The calculation lets years begin in March: the leap day
/// is then the last day of its year, and one formula gives the lengths of all months. 400 years always have the same
/// number of days.
fn date(days: u64) -> (u64, u64, u64) {
    const DAYS_TO_1970: u64 = 719_468;
    const DAYS_OF_400_YEARS: u64 = 146_097;
    let days = days + DAYS_TO_1970;
    let (era, day_of_era) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn text(seconds: u64, micros: u32) -> String {
        let time = UNIX_EPOCH + Duration::new(seconds, micros * 1000);
        String::from_utf8(Timestamp::of(time).as_bytes().to_vec()).expect("it is ASCII")
    }

    #[test]
    fn timestamps_agree_with_date() {
        // From `date -u -d @N +%FT%TZ`.
        assert_eq!(text(0, 0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(text(951_782_399, 999_999), "2000-02-28T23:59:59.999999Z");
        assert_eq!(text(951_782_400, 1), "2000-02-29T00:00:00.000001Z");
        assert_eq!(text(951_868_800, 0), "2000-03-01T00:00:00.000000Z");
        assert_eq!(text(1_735_689_599, 500_000), "2024-12-31T23:59:59.500000Z");
        assert_eq!(text(4_107_542_400, 0), "2100-03-01T00:00:00.000000Z");
        assert_eq!(text(253_402_300_799, 0), "9999-12-31T23:59:59.000000Z");
    }
}
