use proptest::prelude::*;

use super::*;

fn parts(field: &str, length: u64) -> Vec<(u64, u64)> {
    match select(field.as_bytes(), length) {
        Selected::Parts(spans) => spans.iter().map(|span| (span.start, span.end - 1)).collect(),
        other => panic!("{field}: {other:?}"),
    }
}

/// RFC 9110 §14.1.2's own examples, and what lies over the end.
#[test]
fn one_range() {
    for (field, expected) in [
        ("bytes=0-499", (0, 499)),
        ("bytes=500-999", (500, 999)),
        ("bytes=-500", (9500, 9999)),
        ("bytes=9500-", (9500, 9999)),
        ("bytes=0-0", (0, 0)),
        ("bytes=-1", (9999, 9999)),
        ("bytes=9000-20000", (9000, 9999)),
        ("bytes=-20000", (0, 9999)),
        ("bytes=0-99999999999999999999999", (0, 9999)),
        ("BYTES = 5 - 6 ,", (5, 6)),
    ] {
        assert_eq!(parts(field, 10_000), [expected], "{field}");
    }
}

/// Several stay apart and in the order asked for; what overlaps or nearly touches becomes one; what lies outside is left out.
#[test]
fn several_ranges() {
    assert_eq!(parts("bytes=5000-5001,0-0,-1", 10_000), [(5000, 5001), (0, 0), (9999, 9999)]);
    assert_eq!(parts("bytes=0-99,50-149", 10_000), [(0, 149)]);
    assert_eq!(parts("bytes=0-99,150-199", 10_000), [(0, 199)]);
    assert_eq!(parts("bytes=0-0,1000-1000,1-999", 10_000), [(0, 1000)]);
    assert_eq!(parts("bytes=0-0,20000-", 10_000), [(0, 0)]);
    assert_eq!(parts("bytes=9000-9001,0-1,8990-8995", 10_000), [(8990, 9001), (0, 1)]);
}

/// What is no range, or of another unit, or too much, is ignored (RFC 9110 §14.2).
#[test]
fn ignored() {
    let many =
        format!("bytes={}", (0..=MOST).map(|n| format!("{}-{}", n * 200, n * 200)).collect::<Vec<_>>().join(","));
    for field in [
        "",
        "bytes",
        "bytes=",
        "bytes=,",
        "lines=0-1",
        "bytes=1",
        "bytes=a-b",
        "bytes=5-4",
        "bytes=-",
        "bytes=0-1,x",
        &many,
    ] {
        assert_eq!(select(field.as_bytes(), 10_000), Selected::Whole, "{field}");
    }
    assert_eq!(select(b"bytes=-5", 0), Selected::Whole);
}

/// RFC 9110 §14.1.2 and §15.5.17: ranges that all lie behind the end, and the last no bytes.
#[test]
fn unsatisfiable() {
    for (field, length) in [
        ("bytes=10000-", 10_000),
        ("bytes=10000-10001,20000-", 10_000),
        ("bytes=-0", 10_000),
        ("bytes=0-", 0),
        ("bytes=-0", 0),
    ] {
        assert_eq!(select(field.as_bytes(), length), Selected::Unsatisfiable, "{field}");
    }
}

fn check(field: &[u8], length: u64) -> Result<(), TestCaseError> {
    let Selected::Parts(spans) = select(field, length) else { return Ok(()) };
    prop_assert!(!spans.is_empty() && spans.len() <= MOST);
    for (index, span) in spans.iter().enumerate() {
        prop_assert!(span.start < span.end && span.end <= length);
        for other in &spans[index + 1..] {
            prop_assert!(span.end < other.start || other.end < span.start);
        }
    }
    Ok(())
}

proptest! {
    /// Whatever is sent: no panic, and what is selected lies within the content and does not overlap.
    #[test]
    fn any_text(field in prop::collection::vec(any::<u8>(), 0..64), length: u64) {
        check(&field, length)?;
    }

    /// The same for what looks like ranges; and every satisfiable range asked for is among what is sent.
    #[test]
    fn any_ranges(
        specs in prop::collection::vec((0u64..2000, prop::option::of(0u64..2000)), 1..40),
        length in 0u64..1500,
    ) {
        let texts: Vec<String> = specs
            .iter()
            .map(|(first, last)| format!("{first}-{}", last.map(|last| (first + last).to_string()).unwrap_or_default()))
            .collect();
        let field = format!("bytes={}", texts.join(","));
        check(field.as_bytes(), length)?;
        if let Selected::Parts(spans) = select(field.as_bytes(), length) {
            for (first, last) in specs {
                let end = last.map_or(length, |last| (first + last + 1).min(length));
                prop_assert!(first >= end || spans.iter().any(|span| span.start <= first && end <= span.end));
            }
        }
    }
}
