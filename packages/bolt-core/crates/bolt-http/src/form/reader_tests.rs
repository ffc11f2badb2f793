use proptest::prelude::*;

use super::*;

const TYPE: &[u8] = b"multipart/form-data; boundary=XX";

fn text(name: &str, value: &str) -> String {
    format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn file(field: &str, name: &str, kind: &str, content: &str) -> String {
    format!(
        "--XX\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n{content}\r\n"
    )
}

fn keep_all() -> FormSpec {
    FormSpec { keep_others: true, ..FormSpec::default() }
}

fn declared(spec: FileSpec) -> FormSpec {
    FormSpec { files: vec![("f".to_owned(), spec)], keep_others: false }
}

fn read(parts: &[String], limits: &FormLimits, spec: &FormSpec) -> Result<Form, Refusal> {
    parse(TYPE, format!("{}--XX--\r\n", parts.concat()).as_bytes(), limits, spec)
}

fn content(file: &FilePart) -> &[u8] {
    match &file.content {
        Content::Memory(content) => content,
        Content::Disk(_) => b"on disk",
    }
}

/// Fields and files in the order sent, with what the client says of them; an empty input for a file is none.
#[test]
fn a_form() {
    let parts = [
        text("a", "1"),
        file("f", "x.txt", "text/plain; charset=utf-8", "hello\r\n--X"),
        text("a", ""),
        file("e", "", "application/octet-stream", ""),
    ];
    let form = read(&parts, &FormLimits::default(), &keep_all()).expect("a form");
    assert_eq!(form.fields, [("a".to_owned(), "1".to_owned()), ("a".to_owned(), String::new())]);
    let [file] = &form.files[..] else { panic!("{:?}", form.files) };
    assert_eq!((file.field.as_str(), file.name.as_str(), file.size), ("f", "x.txt", 10));
    assert_eq!((file.media_type.as_str(), file.charset.as_deref()), ("text/plain", Some("utf-8")));
    assert_eq!(content(file), b"hello\r\n--X");
}

/// Exactly as much as a limit allows is read, one more refused.
#[test]
fn limits() {
    let limits = FormLimits { max_data: 10, max_fields: 3, max_files: 2, ..FormLimits::default() };
    let read =
        |parts: &[String], spec: &FormSpec| read(parts, &limits, spec).map_err(|refusal| (refusal.status(), refusal));
    assert!(read(&[text("ab", "12345678")], &keep_all()).is_ok());
    assert_eq!(read(&[text("ab", "123456789")], &keep_all()).err(), Some((413, DATA)));
    assert!(read(&vec![text("a", ""); 3], &keep_all()).is_ok());
    assert_eq!(read(&vec![text("a", ""); 4], &keep_all()).err(), Some((413, TOO_MANY_FIELDS)));
    let one = file("f", "x", "image/png", "12345678901234");
    assert!(read(&vec![one.clone(); 2], &keep_all()).is_ok());
    assert_eq!(read(&vec![one.clone(); 3], &keep_all()).err(), Some((413, FILES)));
    assert_eq!(read(&vec![one.clone(); 3], &FormSpec::default()).err(), Some((413, FILES)));
    assert_eq!(read(&vec![file("f", "", "", ""); 4], &keep_all()).err(), Some((413, TOO_MANY_FIELDS)));
    let size = |max_size| declared(FileSpec { max_size: Some(max_size), ..FileSpec::default() });
    assert!(read(std::slice::from_ref(&one), &size(14)).is_ok());
    assert_eq!(
        read(std::slice::from_ref(&one), &size(13)).err(),
        Some((413, Refusal::FileTooLarge { field: "f".to_owned(), limit: 13 }))
    );
    let count = declared(FileSpec { max_files: Some(1), ..FileSpec::default() });
    assert_eq!(
        read(&vec![one; 2], &count).err(),
        Some((413, Refusal::TooManyFiles { field: "f".to_owned(), limit: 1 }))
    );
}

/// A field takes the media types it declares, all of a kind by a star; a file that claims none is none of them.
#[test]
fn media_types() {
    let types = |types: &[&str]| {
        declared(FileSpec { types: types.iter().map(ToString::to_string).collect(), ..FileSpec::default() })
    };
    for (allowed, sent, taken) in [
        (&["image/*"][..], "Image/PNG", true),
        (&["image/*"], "imagery/png", false),
        (&["image/png", "text/plain"], "text/plain; charset=utf-8", true),
        (&["image/png"], "image/pngx", false),
        (&["*/*"], "a/b", true),
        (&["image/png"], "", false),
        (&[], "a/b", true),
    ] {
        let result = read(&[file("f", "x", sent, "1")], &FormLimits::default(), &types(allowed));
        assert_eq!(result.is_ok(), taken, "{allowed:?} {sent:?}");
        assert!(taken || result.err() == Some(Refusal::FileType { field: "f".to_owned() }));
    }
}

/// Files that no field declares are dropped unless the handler may ask for them.
#[test]
fn undeclared_files() {
    let parts = [file("g", "x", "a/b", "1"), file("f", "y", "a/b", "2")];
    let form = read(&parts, &FormLimits::default(), &declared(FileSpec::default())).expect("a form");
    assert_eq!(form.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["y"]);
    assert_eq!(read(&parts, &FormLimits::default(), &keep_all()).expect("a form").files.len(), 2);
}

/// A body that breaks off, or is none, is refused whole.
#[test]
fn malformed_bodies() {
    let whole = format!("{}--XX--\r\n", text("a", "1"));
    for end in 0..whole.len() - 2 {
        let refusal =
            parse(TYPE, &whole.as_bytes()[..end], &FormLimits::default(), &keep_all()).expect_err(&whole[..end]);
        assert_eq!(refusal.status(), 400);
    }
    for body in [
        "--XXY\r\n",
        "--XX-\r\n",
        "--XX \rX",
        "x--XX--\r\n",
        &"x".repeat(10_000),
        &format!("--XX\r\n{}", "x".repeat(10_000)),
    ] {
        assert_eq!(
            parse(TYPE, body.as_bytes(), &FormLimits::default(), &keep_all()).map_err(|r| r.status()).err(),
            Some(400)
        );
    }
    for (kind, status) in [
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; boundary=\"a\u{1}\"", 400),
        ("multipart/mixed; boundary=XX", 415),
        ("application/json", 415),
        ("", 415),
        ("application/x-www-form-urlencoded; charset=bogus", 400),
    ] {
        let refused =
            parse(kind.as_bytes(), b"", &FormLimits::default(), &keep_all()).map_err(|refusal| refusal.status());
        assert_eq!(refused.err(), Some(status), "{kind}");
    }
    let long = format!("multipart/form-data; boundary={}", "a".repeat(201));
    assert!(parse(long.as_bytes(), b"", &FormLimits::default(), &keep_all()).is_err());
}

/// A preamble, whitespace after a boundary and an epilogue are no part of the form (RFC 2046 §5.1.1).
#[test]
fn around_the_parts() {
    let body = "dropped\r\n--XX \t\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--XX--junk\r\n--XX\r\n";
    let form = parse(TYPE, body.as_bytes(), &FormLimits::default(), &keep_all()).expect("a form");
    assert_eq!(form.fields, [("a".to_owned(), String::new())]);
}

/// A form's charset is that of its part, of `_charset_`, of its Content-Type, or UTF-8.
#[test]
fn charsets() {
    let body = |value: &[u8], extra: &str| {
        [
            text("_charset_", extra).as_bytes(),
            b"--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n",
            value,
            b"\r\n--XX--",
        ]
        .concat()
    };
    let read =
        |body: &[u8]| parse(TYPE, body, &FormLimits::default(), &keep_all()).map(|form| form.fields[1].1.clone());
    assert_eq!(read(&body(b"\xe9", "windows-1252")), Ok("é".to_owned()));
    assert_eq!(read(&body(b"\xe9", "utf-8")), Err(NO_TEXT));
    assert_eq!(read(&body(b"a", "bogus")), Err(BAD_CHARSET));
}

proptest! {
    /// However a form is cut into reads, and whatever of its delimiters its contents have, the same comes out.
    #[test]
    fn reads_make_no_difference(
        values in prop::collection::vec("(\r\n|\r|\n|-|--X|\r\n--X|XX|a){0,12}", 0..4),
        cuts in prop::collection::vec(1..40usize, 1..8),
        tail in "(--XX--|\r\n|)",
    ) {
        let mut body = String::new();
        for value in &values {
            body += &file("f", "x", "a/b", value);
            body += &text("t", value);
        }
        body += "--XX--";
        body += &tail;
        let (limits, spec) = (FormLimits::default(), keep_all());
        let mut reader = FormReader::new(TYPE, &limits, &spec).expect("a reader");
        let mut rest = body.as_bytes();
        let mut fed = Ok(());
        for cut in cuts.iter().cycle() {
            let (piece, more) = rest.split_at((*cut).min(rest.len()));
            fed = fed.and_then(|()| reader.feed(piece));
            rest = more;
            if rest.is_empty() { break }
        }
        let piecewise = fed.and_then(|()| reader.finish());
        // A value that holds a whole delimiter cannot be told from one.
        if values.iter().all(|value| !format!("\r\n{value}\r\n").contains("\r\n--XX")) {
            let form = piecewise.as_ref().expect("a form");
            prop_assert_eq!(form.fields.iter().map(|(_, value)| value).collect::<Vec<_>>(), values.iter().collect::<Vec<_>>());
            prop_assert!(form.files.iter().map(content).eq(values.iter().map(String::as_bytes)));
        }
        prop_assert_eq!(format!("{piecewise:?}"), format!("{:?}", parse(TYPE, body.as_bytes(), &limits, &spec)));
    }

    /// Any bytes are a form or a refusal.
    #[test]
    fn any_bytes(body in "(--XX|\r\n|--|Content-Disposition: form-data; name=a|; filename=|b|:|\"|\\PC){0,30}", step in 1..20usize) {
        let (limits, spec) = (FormLimits::default(), keep_all());
        let mut reader = FormReader::new(TYPE, &limits, &spec).expect("a reader");
        let fed = body.as_bytes().chunks(step).try_for_each(|piece| reader.feed(piece));
        let result = fed.and_then(|()| reader.finish());
        prop_assert_eq!(format!("{result:?}"), format!("{:?}", parse(TYPE, body.as_bytes(), &limits, &spec)));
    }
}
