use proptest::prelude::*;

use super::*;

mod naive;

fn redirect(path: &str) -> Found<'static> {
    Found::Redirect { path: path.to_owned(), observer: None }
}

fn not_allowed(allow: &str) -> Found<'static> {
    Found::MethodNotAllowed { allow: allow.to_owned(), observer: None }
}

fn options(allow: &str) -> Found<'static> {
    Found::Options { allow: allow.to_owned(), observer: None }
}

fn spec(method: &str, path: &str) -> RouteSpec {
    let name = format!("app.{}_{path}", method.to_lowercase());
    RouteSpec { method: method.to_owned(), path: path.to_owned(), name, ..RouteSpec::default() }
}

fn builder(routes: &[(&str, &str)]) -> Builder {
    let mut builder = RouteTable::builder();
    for (method, path) in routes {
        builder.add(spec(method, path)).expect("a valid route");
    }
    builder
}

fn table(routes: &[(&str, &str)]) -> RouteTable {
    builder(routes).build().expect("a valid table")
}

fn gets(paths: &[&str]) -> RouteTable {
    table(&paths.iter().map(|path| ("GET", *path)).collect::<Vec<_>>())
}

/// The pattern that GET finds for `path`, and its parameters as sent.
fn found<'t, 'p>(table: &'t RouteTable, path: &'p str) -> Option<(&'t str, Vec<&'p str>)> {
    match table.find("GET", path) {
        Found::Match(matched, spec) => {
            Some((&spec.path, matched.params.iter().map(|span| &path[span.range()]).collect()))
        }
        _ => None,
    }
}

fn error(routes: &[(&str, &str)]) -> String {
    let mut builder = RouteTable::builder();
    let mut results = routes.iter().map(|(method, path)| builder.add(spec(method, path)));
    results.find_map(Result::err).expect("an error").to_string()
}

/// Literal text beats text around a parameter, that beats a parameter, and that a catch-all, whatever the order of adding.
#[test]
fn the_most_specific_pattern_wins() {
    let mut patterns = ["/{all:path}", "/{name}", "/me-{name}", "/me-{name}.txt", "/me-you"];
    for _ in 0..2 {
        let table = gets(&patterns);
        assert_eq!(found(&table, "/me-you"), Some(("/me-you", vec![])));
        assert_eq!(found(&table, "/me-x.txt"), Some(("/me-{name}.txt", vec!["x"])));
        assert_eq!(found(&table, "/me-x"), Some(("/me-{name}", vec!["x"])));
        assert_eq!(found(&table, "/you"), Some(("/{name}", vec!["you"])));
        assert_eq!(found(&table, "/a/b"), Some(("/{all:path}", vec!["a/b"])));
        patterns.reverse();
    }
}

/// A better beginning that leads nowhere gives way to the next best.
#[test]
fn matching_backtracks() {
    let table = gets(&["/a/b/c", "/a/{x}/d", "/{x}/b/e", "/{rest:path}"]);
    assert_eq!(found(&table, "/a/b/c"), Some(("/a/b/c", vec![])));
    assert_eq!(found(&table, "/a/b/d"), Some(("/a/{x}/d", vec!["b"])));
    assert_eq!(found(&table, "/a/b/e"), Some(("/{x}/b/e", vec!["a"])));
    assert_eq!(found(&table, "/a/b/f"), Some(("/{rest:path}", vec!["a/b/f"])));
}

/// Where a catch-all and a parameter both match, the first segment that differs decides.
#[test]
fn a_literal_beginning_beats_a_parameter_that_ends_better() {
    let table = gets(&["/a/{rest:path}", "/{x}/b"]);
    assert_eq!(found(&table, "/a/b"), Some(("/a/{rest:path}", vec!["b"])));
    assert_eq!(found(&table, "/c/b"), Some(("/{x}/b", vec!["c"])));
}

/// One position may have different names in different routes; parameters come by position.
#[test]
fn parameter_names_do_not_tell_paths_apart() {
    let table = table(&[("GET", "/a/{x}"), ("POST", "/a/{y}"), ("GET", "/a/{z}/b")]);
    assert_eq!(found(&table, "/a/1"), Some(("/a/{x}", vec!["1"])));
    assert_eq!(found(&table, "/a/1/b"), Some(("/a/{z}/b", vec!["1"])));
    assert!(matches!(table.find("POST", "/a/1"), Found::Match(_, spec) if spec.path == "/a/{y}"));
}

/// A parameter is one character or more of one segment, a catch-all one character or more of all that is left.
#[test]
fn parameters_are_never_empty() {
    let table = gets(&["/a/{x}", "/b/{rest:path}", "/c/v{x}"]);
    assert_eq!(found(&table, "/a/"), None);
    assert_eq!(found(&table, "/a//"), None);
    assert_eq!(found(&table, "/b/"), None);
    assert_eq!(found(&table, "/c/v"), None);
    assert_eq!(found(&table, "/b//"), Some(("/b/{rest:path}", vec!["/"])));
    assert_eq!(found(&table, "/b/x/y/"), Some(("/b/{rest:path}", vec!["x/y/"])));
}

/// More parameters than fit on the stack are found like fewer.
#[test]
fn many_parameters_are_found() {
    let table = gets(&["/{a}/{b}/{c}/{d}/{e}/{f}"]);
    assert_eq!(found(&table, "/1/2/3/4/5/6").map(|(_, params)| params), Some(vec!["1", "2", "3", "4", "5", "6"]));
}

/// An encoded slash is part of its segment.
#[test]
fn an_encoded_slash_separates_nothing() {
    let table = gets(&["/a/{x}", "/a/b/c"]);
    assert_eq!(found(&table, "/a/b%2Fc"), Some(("/a/{x}", vec!["b%2Fc"])));
    assert_eq!(found(&table, "/a%2Fb/c"), None);
}

/// Empty and dot segments are segments like any other.
#[test]
fn nothing_is_removed_from_a_path() {
    let table = gets(&["/a", "/a/{x}/c", "/x/{rest:path}"]);
    for path in ["//a", "/a//c", "/./a", "/b/../a", "/a/b/../../a"] {
        assert_eq!(found(&table, path), None, "{path}");
    }
    assert_eq!(found(&table, "/a/../c"), Some(("/a/{x}/c", vec![".."])));
    assert_eq!(found(&table, "/x/../%2e%2E/y"), Some(("/x/{rest:path}", vec!["../%2e%2E/y"])));
}

/// An encoded unreserved character is that character; parameters keep the bytes that were sent.
#[test]
fn unreserved_characters_may_be_encoded() {
    let table = gets(&["/a-b/{x}/c", "/a-b/v{x}.txt"]);
    assert_eq!(found(&table, "/%61%2Db/%7e%2f/%63"), Some(("/a-b/{x}/c", vec!["%7e%2f"])));
    assert_eq!(found(&table, "/%61-b/%761%25%2Etxt"), Some(("/a-b/v{x}.txt", vec!["1%25"])));
    assert_eq!(found(&table, "/a%2Db/vé%2Etxt"), Some(("/a-b/v{x}.txt", vec!["é"])));
}

/// An encoded reserved character is not the reserved character.
#[test]
fn reserved_characters_are_not_equivalent_to_their_encoding() {
    let table = gets(&["/a:b", "/c%3ad"]);
    assert_eq!(found(&table, "/a:b").map(|(path, _)| path), Some("/a:b"));
    assert_eq!(found(&table, "/a%3Ab"), None);
    assert_eq!(found(&table, "/c%3Ad").map(|(path, _)| path), Some("/c%3ad"));
    assert_eq!(found(&table, "/c:d"), None);
}

/// A pattern's text is matched in its encoded form, in either case of its digits.
#[test]
fn patterns_may_hold_any_character() {
    let table = gets(&["/café/{x}", "/a b", "/100%25", "/wei%C3%9F", "/%7Bx%7D"]);
    assert_eq!(found(&table, "/caf%C3%A9/1"), Some(("/café/{x}", vec!["1"])));
    assert_eq!(found(&table, "/caf%c3%a9/1"), Some(("/café/{x}", vec!["1"])));
    assert_eq!(found(&table, "/café/1"), Some(("/café/{x}", vec!["1"])));
    for (path, pattern) in [
        ("/a%20b", "/a b"),
        ("/100%25", "/100%25"),
        ("/100%", "/100%25"),
        ("/weiß", "/wei%C3%9F"),
        ("/{x}", "/%7Bx%7D"),
    ] {
        assert_eq!(found(&table, path), Some((pattern, vec![])), "{path}");
    }
}

/// Text behind a parameter never matches a part of an encoded octet.
#[test]
fn an_encoded_octet_is_not_taken_apart() {
    let table = gets(&["/{x}20"]);
    assert_eq!(found(&table, "/a%20"), None);
    assert_eq!(found(&table, "/a%2020"), Some(("/{x}20", vec!["a%20"])));
}

/// GET serves HEAD unless HEAD has a route of its own.
#[test]
fn head_goes_where_get_goes() {
    let table = table(&[("GET", "/a"), ("GET", "/b"), ("HEAD", "/b"), ("POST", "/c")]);
    assert!(matches!(table.find("HEAD", "/a"), Found::Match(_, spec) if spec.method == "GET"));
    assert!(matches!(table.find("HEAD", "/b"), Found::Match(_, spec) if spec.method == "HEAD"));
    assert_eq!(table.find("HEAD", "/c"), not_allowed("OPTIONS, POST"));
}

/// What exists under another method is 405 with every method that does exist, sorted.
#[test]
fn allow_lists_every_method() {
    let table = table(&[("PURGE", "/a"), ("GET", "/a"), ("DELETE", "/a")]);
    let allow = "DELETE, GET, HEAD, OPTIONS, PURGE".to_owned();
    assert_eq!(table.find("POST", "/a"), not_allowed(&allow));
    assert_eq!(table.find("get", "/a"), not_allowed(&allow));
    assert_eq!(table.find("OPTIONS", "/a"), options(&allow));
    assert!(matches!(table.find("PURGE", "/a"), Found::Match(_, spec) if spec.method == "PURGE"));
}

/// A route for OPTIONS takes the place of the engine's own answer.
#[test]
fn options_can_have_a_route() {
    let table = table(&[("OPTIONS", "/a"), ("PUT", "/b")]);
    assert!(matches!(table.find("OPTIONS", "/a"), Found::Match(_, spec) if spec.method == "OPTIONS"));
    assert_eq!(table.find("OPTIONS", "*"), options("OPTIONS, PUT"));
    assert_eq!(table.find("GET", "*"), Found::NotFound);
}

/// The path decides before the method: a less specific pattern does not lend its methods.
#[test]
fn the_path_decides_first() {
    let table = table(&[("GET", "/users/me"), ("DELETE", "/users/{id}")]);
    assert_eq!(table.find("DELETE", "/users/me"), not_allowed("GET, HEAD, OPTIONS"));
}

/// A path that matches only with a slash appended is redirected there, as sent.
#[test]
fn a_missing_slash_is_appended() {
    let table = gets(&["/a/", "/b/{x}/", "/c", "/d/{rest:path}"]);
    assert_eq!(table.find("GET", "/a"), redirect("/a/"));
    assert_eq!(table.find("POST", "/b/%41%20"), redirect("/b/%41%20/"));
    for path in ["/c/", "/d", "/d/", "/e", "/a//", "", "a"] {
        assert_eq!(table.find("GET", path), Found::NotFound, "{path}");
    }
}

/// A path that matches is never redirected, nor is any where the policy is strict.
#[test]
fn slashes_matter_where_they_are_told_to() {
    let table = gets(&["/a", "/a/", "/b/{x}"]);
    assert_eq!(found(&table, "/a"), Some(("/a", vec![])));
    assert_eq!(found(&table, "/a/"), Some(("/a/", vec![])));
    let strict = builder(&[("GET", "/a/")]).slash(SlashPolicy::Strict).build().expect("a valid table");
    assert_eq!(strict.find("GET", "/a"), Found::NotFound);
}

/// A redirect never sends the client to another host, and holds only what may stand in a URI.
#[test]
fn redirects_stay_on_this_host() {
    let table = gets(&["//{a}/", "/{a}/"]);
    assert_eq!(table.find("GET", "//evil.example"), redirect("/%2Fevil.example/"));
    assert_eq!(table.find("GET", "/\\evil.example"), redirect("/%5Cevil.example/"));
    assert_eq!(table.find("GET", "/\"é\t"), redirect("/%22%C3%A9%09/"));
    assert_eq!(table.find("GET", "/%2Fevil"), redirect("/%2Fevil/"));
}

/// With a fallback nothing is unmatched; it is told where a slash would have helped.
#[test]
fn the_fallback_takes_what_is_unmatched() {
    let fallback = RouteSpec { name: "django".to_owned(), ..spec("GET", "/") };
    let table = builder(&[("GET", "/a/")]).fallback(fallback).build().expect("a valid table");
    for (path, slash_redirect) in [("/x", false), ("/a", true), ("/a/b", false)] {
        let Found::Match(matched, spec) = table.find("PATCH", path) else { panic!("{path}") };
        assert_eq!((matched.target, matched.slash_redirect), (Target::Fallback, slash_redirect), "{path}");
        assert_eq!(spec.name, "django");
    }
    assert!(matches!(table.find("PATCH", "/a/"), Found::MethodNotAllowed { .. }));
    assert!(matches!(table.find("OPTIONS", "*"), Found::Options { .. }));
}

/// The number given when a route is added is the one it is found by.
#[test]
fn routes_are_found_by_their_number() {
    let mut builder = RouteTable::builder();
    let ids = ["/b", "/a", "/c/{x}"].map(|path| builder.add(spec("GET", path)).expect("a valid route"));
    let table = builder.build().expect("a valid table");
    for (id, path) in ids.into_iter().zip(["/b", "/a", "/c/1"]) {
        let Found::Match(matched, spec) = table.find("GET", path) else { panic!("{path}") };
        assert_eq!(matched.target, Target::Route(id));
        assert_eq!(table.get(id), Some(spec));
    }
}

/// For a request's head, parameters are spans of its buffer.
#[test]
fn parameters_can_be_read_from_the_head() {
    let bytes = bytes::Bytes::from_static(b"GET http://example.com/a/%31?q HTTP/1.1\r\nhost: a\r\n\r\n");
    let parsed = crate::http1::parse::parse_head(bytes, 1, crate::head::Peer::InProcess).expect("a valid head");
    let table = gets(&["/a/{x}"]);
    let Found::Match(matched, _) = table.find_for(&parsed.head) else { panic!("no match") };
    assert_eq!(parsed.head.slice(matched.params[0]), "%31");
}

/// Two handlers for one method and path are an error that names both, however parameters and characters are written.
#[test]
fn duplicates_are_errors() {
    assert_eq!(
        error(&[("GET", "/a/{x}"), ("GET", "/a/{y}")]),
        "GET /a/{y} is the same path as /a/{x}: both app.get_/a/{x} and app.get_/a/{y} handle it; remove one or change its \
         path or method"
    );
    assert!(
        error(&[("GET", "/a"), ("POST", "/a"), ("GET", "/a")]).contains("both app.get_/a and app.get_/a handle it")
    );
    assert!(error(&[("GET", "/é"), ("GET", "/%c3%a9")]).contains("is the same path as /é"));
    assert!(error(&[("GET", "/{x:path}"), ("GET", "/{y:path}")]).contains("is the same path"));
}

/// A malformed route is an error that says what to write.
#[test]
fn malformed_routes_are_errors() {
    for (path, reason) in [
        ("", "begins with '/'"),
        ("a", "begins with '/'"),
        ("/{}", "is no parameter name"),
        ("/{1a}", "is no parameter name"),
        ("/{a-b}", "is no parameter name"),
        ("/{a", "has no '}'"),
        ("/{a/b}", "has no '}'"),
        ("/a}", "has no '{'"),
        ("/{a}{b}", "one parameter at most"),
        ("/{a}-{b}", "one parameter at most"),
        ("/{a}/{a}", "occurs twice"),
        ("/{a:path}/b", "nothing can follow it"),
        ("/{a:path}/", "nothing can follow it"),
        ("/x{a:path}", "a segment of its own"),
        ("/{a:int}", "declared on the handler's parameter"),
        ("/100%", "write %25"),
    ] {
        let message = error(&[("GET", path)]);
        assert!(message.contains(reason) && message.contains(&format!("{path:?}")), "{path}: {message}");
        assert!(message.starts_with("app.get_"), "{message}");
    }
    assert!(error(&[("GE T", "/")]).contains("must be a token"));
    assert!(error(&[("", "/")]).contains("must be a token"));
}

proptest! {
    /// Any table finds for any path just what trying every pattern finds.
    #[test]
    fn the_table_agrees_with_trying_every_pattern(patterns in naive::patterns(), paths in prop::collection::vec(naive::path(), 1..8)) {
        let mut builder = RouteTable::builder();
        let added: Vec<naive::Pattern> =
            patterns.into_iter().filter(|pattern| builder.add(spec("GET", &pattern.text())).is_ok()).collect();
        let table = builder.build().expect("valid routes");
        for path in &paths {
            let expected = naive::find(&added, path);
            let actual = found(&table, path).map(|(pattern, params)| (pattern.to_owned(), params));
            prop_assert_eq!(actual, expected, "{}", path);
        }
    }

    /// No path makes the table panic, and parameters are parts of it in order.
    #[test]
    fn any_path_is_looked_up(path in "/(\\PC|[/%a2F]){0,20}") {
        let table = gets(&["/{a}/{b}/a{c}", "/a/{b:path}", "/{c}2F", "/é{x}%20"]);
        let Found::Match(matched, _) = table.find("GET", &path) else { return Ok(()) };
        let mut end = 0;
        for span in matched.params {
            prop_assert!(span.start > end && path.get(span.range()).is_some_and(|value| !value.is_empty()));
            end = span.end;
        }
    }
}
