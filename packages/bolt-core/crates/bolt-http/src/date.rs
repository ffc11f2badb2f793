//! The current time in the forms that a server writes it, each formatted once a second.
use std::cell::Cell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::BytesMut;

/// The last second of the year 9999, beyond which a four-digit year cannot go.
const LAST: u64 = 253_402_300_799;

/// One second of UTC as an IMF-fixdate (RFC 9110 §5.6.7), from whose parts the other forms are made.
#[derive(Clone, Copy)]
pub(crate) struct Second {
    /// Since 1970.
    number: u64,
    /// `date: Sun, 06 Nov 1994 08:49:37 GMT` and CRLF.
    field: [u8; 37],
}

thread_local! {
    static LATEST: Cell<Option<Second>> = const { Cell::new(None) };
}

/// Appends `date: …` with its CRLF.
pub fn append(out: &mut BytesMut) {
    out.extend_from_slice(&now().0.field);
}

/// The current second, and the milliseconds that have passed of it.
pub(crate) fn now() -> (Second, u32) {
    // A clock before 1970 is wrong; any date is as good as another.
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (second(elapsed.as_secs().min(LAST)), elapsed.subsec_millis())
}

fn second(number: u64) -> Second {
    if let Some(latest) = LATEST.get().filter(|latest| latest.number == number) {
        return latest;
    }
    let latest = Second::new(number);
    LATEST.set(Some(latest));
    latest
}

impl Second {
    fn new(number: u64) -> Self {
        let text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(number));
        let mut field = *b"date: Thu, 01 Jan 1970 00:00:00 GMT\r\n";
        if let Some(place) = field.get_mut(6..6 + text.len()) {
            place.copy_from_slice(text.as_bytes());
        }
        Second { number, field }
    }

    /// `06`, `Nov`, `1994`, `08:49:37`.
    fn parts(&self) -> [&[u8]; 4] {
        [&self.field[11..13], &self.field[14..17], &self.field[18..22], &self.field[23..31]]
    }

    /// `06/Nov/1994:08:49:37 +0000`, as in the Common Log Format.
    pub(crate) fn append_common(&self, out: &mut Vec<u8>) {
        let [day, month, year, time] = self.parts();
        for part in [day, b"/", month, b"/", year, b":", time, b" +0000"] {
            out.extend_from_slice(part);
        }
    }

    /// `1994-11-06T08:49:37`, RFC 3339 but for fraction and offset.
    pub(crate) fn append_iso(&self, out: &mut Vec<u8>) {
        let [day, month, year, time] = self.parts();
        let month: &[u8] = match month {
            b"Jan" => b"01",
            b"Feb" => b"02",
            b"Mar" => b"03",
            b"Apr" => b"04",
            b"May" => b"05",
            b"Jun" => b"06",
            b"Jul" => b"07",
            b"Aug" => b"08",
            b"Sep" => b"09",
            b"Oct" => b"10",
            b"Nov" => b"11",
            _ => b"12",
        };
        for part in [year, b"-", month, b"-", day, b"T", time] {
            out.extend_from_slice(part);
        }
    }

    /// `08:49:37`.
    pub(crate) fn time(&self) -> &[u8] {
        self.parts()[3]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: u64 = 784_111_777;

    fn text(append: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        append(&mut out);
        String::from_utf8(out).expect("ASCII")
    }

    /// RFC 9110's own example comes out as printed there.
    #[test]
    fn the_field_is_an_imf_fixdate() {
        let second = Second::new(EXAMPLE);
        assert_eq!(&second.field, b"date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    }

    /// The same instant in the Common Log Format and in RFC 3339.
    #[test]
    fn logs_have_their_own_forms() {
        let second = Second::new(EXAMPLE);
        assert_eq!(text(|out| second.append_common(out)), "06/Nov/1994:08:49:37 +0000");
        assert_eq!(text(|out| second.append_iso(out)), "1994-11-06T08:49:37");
        assert_eq!(second.time(), b"08:49:37");
    }

    /// The first of each month of 2026, and the last second of all.
    #[test]
    fn every_month_has_its_number() {
        let mut day = 20_454u64;
        for (index, length) in [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].into_iter().enumerate() {
            let expected = format!("2026-{:02}-01T00:00:00", index + 1);
            assert_eq!(text(|out| Second::new(day * 86_400).append_iso(out)), expected);
            day += length;
        }
        assert_eq!(text(|out| Second::new(LAST).append_iso(out)), "9999-12-31T23:59:59");
    }

    /// What is cached for one second is not given out for another.
    #[test]
    fn a_new_second_is_formatted_anew() {
        assert_eq!(second(0).number, 0);
        assert_eq!(second(EXAMPLE).number, EXAMPLE);
        assert_eq!(second(EXAMPLE).field, Second::new(EXAMPLE).field);
    }

    /// What is appended parses back to now.
    #[test]
    fn the_field_tells_the_current_time() {
        let mut out = BytesMut::new();
        let before = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs();
        append(&mut out);
        let value = std::str::from_utf8(&out[6..35]).expect("ASCII");
        let written = httpdate::parse_http_date(value).expect("a date");
        let written = written.duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        assert!((before..=before + 60).contains(&written));
    }
}
