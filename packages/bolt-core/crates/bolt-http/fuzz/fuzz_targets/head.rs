//! Heads: found and parsed without a panic, the same however they arrive, and every span inside the buffer.
#![no_main]
use bolt_http::config::Config;
use bolt_http::head::Peer;
use bolt_http::http1::parse::parse_head;
use bolt_http::http1::scan::{HeadScanner, Scan};
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&step, input)) = data.split_first() else { return };
    let config = Config { max_request_line: 300, max_header_bytes: 1000, max_header_count: 60, ..Config::default() };
    let whole = HeadScanner::default().scan(input, &config);
    assert_eq!(whole, scan_in_pieces(input, usize::from(step).max(1), &config));
    let Ok(Scan::Complete { skip, length, fields }) = whole else { return };
    assert!(fields <= config.max_header_count);
    let raw = &input[skip..skip + length];
    assert!(raw.ends_with(b"\r\n\r\n") && raw.iter().filter(|&&byte| byte == b'\n').count() == fields + 2);
    let Ok(parsed) = parse_head(Bytes::copy_from_slice(raw), fields, Peer::InProcess) else { return };
    let head = &parsed.head;
    assert_eq!(head.headers().count(), fields);
    assert!(head.path() == "*" || head.path().starts_with('/'));
    assert!(head.path().bytes().chain(head.query().unwrap_or_default().bytes()).all(|byte| byte.is_ascii_graphic()));
    assert!(raw.starts_with(head.method().as_bytes()) && !head.method().is_empty());
    for (name, value) in head.headers() {
        assert!(!name.is_empty() && !name.contains([' ', ':']));
        assert!(!value.iter().any(|&byte| matches!(byte, b'\r' | b'\n' | 0)) && value.trim_ascii() == value);
    }
});

fn scan_in_pieces(input: &[u8], step: usize, config: &Config) -> Result<Scan, bolt_http::refusal::Refusal> {
    let mut scanner = HeadScanner::default();
    let mut end = 0;
    loop {
        let verdict = scanner.scan(&input[..end], config)?;
        if verdict != Scan::Partial || end == input.len() {
            return Ok(verdict);
        }
        end = (end + step).min(input.len());
    }
}
