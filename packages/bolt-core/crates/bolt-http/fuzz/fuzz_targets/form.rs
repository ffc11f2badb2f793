//! Forms and content codings: taken apart without a panic, the same however they arrive, within their limits.
#![no_main]
use bolt_http::form::{Content, FileSpec, Form, FormLimits, FormReader, FormSpec, parse};
use bolt_http::refusal::Refusal;
use libfuzzer_sys::fuzz_target;

const MULTIPART: &[u8] = b"multipart/form-data; boundary=b";
const URLENCODED: &[u8] = b"application/x-www-form-urlencoded";

fuzz_target!(|data: &[u8]| {
    let [kind, step, input @ ..] = data else { return };
    let content_type = match kind % 3 {
        0 => MULTIPART,
        1 => URLENCODED,
        // Also where the type itself is hostile.
        _ => input.split(|&byte| byte == b'\n').next().unwrap_or_default(),
    };
    let limits = FormLimits { max_data: 200, max_fields: 5, max_files: 3, memory: usize::MAX, folder: None };
    let declared = FileSpec { max_size: Some(50), types: vec!["image/*".to_owned()], max_files: Some(2) };
    let spec = FormSpec { files: vec![("f".to_owned(), declared)], keep_others: kind & 64 == 0 };
    let whole = parse(content_type, input, &limits, &spec);
    let piecewise = read(content_type, input, usize::from(*step).max(1), &limits, &spec);
    assert_eq!(format!("{whole:?}"), format!("{piecewise:?}"));
    if let Ok(form) = whole {
        check(&form);
    }
});

fn read(
    content_type: &[u8],
    input: &[u8],
    step: usize,
    limits: &FormLimits,
    spec: &FormSpec,
) -> Result<Form, Refusal> {
    let mut reader = FormReader::new(content_type, limits, spec)?;
    input.chunks(step).try_for_each(|piece| reader.feed(piece))?;
    reader.finish()
}

fn check(form: &Form) {
    assert!(form.fields.len() <= 5 && form.files.len() <= 3);
    for file in &form.files {
        assert!(!file.name.is_empty() && !file.name.contains(['/', '\\', '\0', '\r', '\n']));
        assert!(file.name != "." && file.name != "..");
        let Content::Memory(content) = &file.content else { panic!("a file on disk") };
        assert_eq!(content.len() as u64, file.size);
        assert!(file.field != "f" || (file.size <= 50 && file.media_type.starts_with("image/")));
    }
}
