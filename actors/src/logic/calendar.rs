//! The calendar, as far as a default name needs it: a moment as text in UTC.

use crate::model::time::WallMs;

const MS_PER_MINUTE: i64 = 60_000;
const MINUTES_PER_DAY: i64 = 1_440;
/// Days of a whole cycle of leap years, 400 years.
const DAYS_PER_ERA: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const DAYS_BEFORE_EPOCH: i64 = 719_468;

/// A moment to the minute, as `2026-04-25 14:03`, in UTC.
pub fn utc_minute(at: WallMs) -> String {
    let minutes = at.0.div_euclid(MS_PER_MINUTE);
    let (year, month, day) = date(minutes.div_euclid(MINUTES_PER_DAY));
    let minute_of_day = minutes.rem_euclid(MINUTES_PER_DAY);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", minute_of_day / 60, minute_of_day % 60)
}

/// Year, month and day of a day counted from the Unix epoch, in the Gregorian calendar. Years are counted from March in here, so
/// that the leap day is the last one.
fn date(day: i64) -> (i64, i64, i64) {
    let day = day + DAYS_BEFORE_EPOCH;
    let era = day.div_euclid(DAYS_PER_ERA);
    let day_of_era = day.rem_euclid(DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments_read_as_they_should() {
        for (ms, text) in [
            (0, "1970-01-01 00:00"),
            (-1, "1969-12-31 23:59"),
            (951_782_400_000, "2000-02-29 00:00"),
            (1_709_251_199_000, "2024-02-29 23:59"),
            (1_777_134_798_000, "2026-04-25 16:33"),
            (4_107_542_400_000, "2100-03-01 00:00"),
        ] {
            assert_eq!(utc_minute(WallMs(ms)), text);
        }
    }

    #[test]
    fn every_day_of_eight_centuries_follows_the_one_before() {
        let mut last = date(-146_097);
        for day in -146_096..146_097 {
            let next = date(day);
            let same_month = (last.0, last.1, last.2 + 1);
            let new_month = (last.0, last.1 + 1, 1);
            let new_year = (last.0 + 1, 1, 1);
            assert!([same_month, new_month, new_year].contains(&next), "{last:?} {next:?}");
            last = next;
        }
    }
}
