use super::*;

fn head(section: &str) -> PartHead {
    PartHead::parse(section.as_bytes()).unwrap_or_else(|refusal| panic!("{section:?}: {refusal:?}"))
}

fn refused(section: &[u8]) -> Refusal {
    PartHead::parse(section).expect_err(&String::from_utf8_lossy(section))
}

fn disposition(rest: &str) -> PartHead {
    head(&format!("Content-Disposition: form-data; {rest}\r\n"))
}

fn file_name(rest: &str) -> String {
    disposition(&format!("name=f; {rest}")).file_name.expect("a file")
}

/// A part without a file name is a text field, one with a name a file, its type without parameters and in lower case.
#[test]
fn fields_and_files() {
    let text = head("Content-Disposition: form-data; name=\"a b\"\r\n");
    assert_eq!((text.field.as_str(), text.file_name), ("a b", None));
    let file = head(
        "content-type: Text/HTML; x=\"a;b\"; Charset=\"latin-1\"\r\nCONTENT-DISPOSITION:form-data;name=f;filename=x.html;\r\n",
    );
    assert_eq!((file.field.as_str(), file.file_name.as_deref()), ("f", Some("x.html")));
    assert_eq!((file.media_type.as_str(), file.charset.as_deref()), ("text/html", Some("latin-1")));
}

/// Quotes and backslashes are escaped by a backslash, anything else keeps it; UTF-8 is itself; %22 stays as it is sent.
#[test]
fn quoted_names() {
    assert_eq!(disposition(r#"name="a\"b\\c;d""#).field, r#"a"b\c;d"#);
    assert_eq!(disposition("name=\"é=\"").field, "é=");
    assert_eq!(file_name(r#"filename="a\"b.txt""#), "a\"b.txt");
    assert_eq!(file_name(r#"filename="a%22b.txt""#), "a%22b.txt");
}

/// RFC 8187 names win over plain ones, in any charset.
#[test]
fn extended_names() {
    assert_eq!(file_name("filename=plain; filename*=UTF-8''%e2%82%ac%20rates.txt"), "€ rates.txt");
    assert_eq!(file_name("filename*=iso-8859-1'en'%A3.txt"), "£.txt");
    for broken in ["filename*=nothing", "filename*=bogus''a", "filename*=utf-8''%ff"] {
        assert_eq!(refused(format!("Content-Disposition: form-data; name=f; {broken}\r\n").as_bytes()).status(), 400);
    }
}

/// Of a file's name only the last component is kept, without control characters; folders alone are no name.
#[test]
fn folders_are_cut_off() {
    for (sent, kept) in [
        ("../../etc/passwd", "passwd"),
        (r"C:\dir\photo.png", "photo.png"),
        (r"a/b\c/d.txt", "d.txt"),
        ("..", ""),
        (".", ""),
        ("dir/", ""),
        ("", ""),
        (" ", ""),
        (".hidden", ".hidden"),
    ] {
        assert_eq!(file_name(&format!("filename=\"{sent}\"")), kept, "{sent:?}");
    }
    assert_eq!(file_name("filename*=utf-8''a%00b%0a.txt"), "ab.txt");
    let long = file_name(&format!("filename=\"{}.png\"", "ü".repeat(400)));
    assert_eq!((long.chars().count(), long.ends_with("ü.png")), (255, true));
}

/// What is no header section of a form's part is refused, each by its own words.
#[test]
fn malformed_heads() {
    for section in [
        &b"Content-Type: text/plain\r\n"[..],
        b"",
        b"Content-Disposition: attachment; name=a\r\n",
        b"Content-Disposition: form-data; filename=a\r\n",
        b"Content-Disposition: form-data; name=\"a\r\n",
        b"Content-Disposition: form-data; name=\"a\"b\r\n",
        b"Content-Disposition: form-data; name=a; name=b\r\n",
        b"Content-Disposition: form-data; name=a; name\r\n",
        b"Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b\r\n",
        b"Content-Disposition: form-data; name=a\r\n folded\r\n",
        b"Content-Disposition : form-data; name=a\r\n",
        b"Content-Disposition: form-data; name=a\x00\r\n",
        b"Content-Disposition: form-data; name=a\nX: y\r\n",
        b"Content-Disposition: form-data; name=\xff\r\n",
        b"Content-Disposition: form-data; name=a\r\nnonsense\r\n",
        b"Content-Disposition: form-data; name=a\r\nContent-Type: multipart/mixed; boundary=b\r\n",
        b"Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n",
    ] {
        assert_eq!(refused(section).status(), 400);
    }
    let long = format!("Content-Disposition: form-data; name={}\r\n", "a".repeat(1025));
    assert_eq!(refused(long.as_bytes()), LONG_NAME);
    assert_eq!(head("Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: 8bit\r\n").field, "a");
}
