"""rust_functions: bodies and parameters are found behind generics, strings and comments."""

import pytest

from tools import rust_functions


def test_lines_run_from_fn_to_the_closing_brace():
    """Attributes above a function do not count, its last brace does."""
    source = "#[inline]\npub fn f() -> u8 {\n    if true { 1 } else { 2 }\n}\n"

    assert list(rust_functions.functions(source)) == [("f", 3, 0)]


@pytest.mark.parametrize(
    "opaque",
    ['"}"', "'}'", "'\\''", 'r#"}"#', 'br"}"', "// }\n", "/* } /* } */ } */", "b'}'", "'\\u{7d}'", '"\\"}"'],
)
def test_brackets_in_text_do_not_count(opaque):
    """A closing brace in a string, char or comment does not end the function."""
    source = f"fn f() {{\n    x = {opaque};\n    y();\n}}\n"

    assert list(rust_functions.functions(source)) == [("f", source.count("\n"), 0)]


@pytest.mark.parametrize(
    ("signature", "count"),
    [
        ("fn f()", 0),
        ("fn f(&self)", 0),
        ("fn f(&'a mut self, a: u8)", 1),
        ("fn f(self: Pin<&mut Self>, a: u8,)", 1),
        ("fn f(mut self, a: HashMap<K, V>, b: (u8, u8))", 2),
        ("fn f<F: Fn(u8, u8) -> u8>(call: F)", 1),
        ("fn f(call: impl Fn(u8, u8) -> u8, b: Vec<<T as A>::B>)", 2),
        ("fn f<'a, T>(a: &'a [T; 2]) -> [u8; 4] where T: Fn(u8) -> u8", 1),
    ],
)
def test_parameters_are_counted_without_the_receiver(signature, count):
    """Commas inside types separate no parameters, and the receiver is free."""
    assert list(rust_functions.functions(f"{signature} {{}}")) == [("f", 1, count)]


def test_declaration_without_a_body_is_passed_over():
    """A trait's method without a default has nothing to measure."""
    assert list(rust_functions.functions("trait T {\n    fn f(&self, a: [u8; 4]) -> u8;\n}")) == []
