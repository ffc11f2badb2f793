"""Forms that a page sends: by its form element, by fetch() and by XMLHttpRequest."""

import hashlib
import json
import random
from pathlib import Path

import pytest
from playwright.sync_api import Page


def content(size: int) -> bytes:
    """Bytes among which boundaries, line breaks and NULs may seem to be."""
    return random.Random(size).randbytes(size)


@pytest.mark.parametrize("size", [0, 11, 30 << 20], ids=["empty", "small", "large"])
def test_a_form_with_a_file_input_arrives(page: Page, tmp_path: Path, size: int) -> None:
    """A file chosen in a form arrives with its name, type and bytes, in memory or on disk; so do the form's texts."""
    file = tmp_path / "Straße „1“.txt"
    file.write_bytes(content(size))
    page.get_by_label("Title").fill("Grüße, “quoted” and signed")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/upload")

    assert json.loads(page.locator("body").inner_text()) == {
        "title": "Grüße, “quoted” and signed",
        "name": "Straße „1“.txt",
        "size": size,
        "content_type": "text/plain",
        "sha256": hashlib.sha256(content(size)).hexdigest(),
    }


def test_a_form_without_a_file_is_refused(page: Page) -> None:
    """A file input that was left empty is a missing value, not a file without a name."""
    page.get_by_label("Title").fill("nothing chosen")
    with page.expect_response("**/upload") as answered:
        page.get_by_role("button", name="Send").click()

    assert answered.value.status == 422
    assert [problem["loc"][-1] for problem in answered.value.json()["detail"]] == ["upload"]


def test_fetch_sends_form_data(page: Page) -> None:
    """Several files of one field, made by a script, arrive in their order."""
    seen = page.evaluate("""async () => {
        const form = new FormData();
        form.append("uploads", new Blob(["first"], {type: "text/css"}), 'a "quoted" name.css');
        form.append("uploads", new File([new Uint8Array([0, 13, 10, 45, 45])], "../../二.bin"));
        const response = await fetch("/uploads", {method: "POST", body: form});
        return await response.json();
    }""")

    assert [(file["size"], file["content_type"]) for file in seen] == [
        (5, "text/css"),
        (5, "application/octet-stream"),
    ]
    assert seen[0]["sha256"] == hashlib.sha256(b"first").hexdigest()
    # Browsers write a quote as %22 (HTML standard, "multipart/form-data"), and servers cannot tell it from those signs.
    assert seen[0]["name"] in ('a "quoted" name.css', "a %22quoted%22 name.css")
    assert seen[1]["name"] == "二.bin"


def test_a_script_sees_the_progress_of_its_upload(page: Page) -> None:
    """The server reads while the page sends: progress is told on the way, and the last of it is all."""
    seen = page.evaluate("""() => new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        const steps = [];
        request.upload.onprogress = (event) => steps.push([event.loaded, event.total]);
        request.onerror = () => reject(new Error("the upload failed"));
        request.onload = () => resolve({steps, status: request.status, answer: JSON.parse(request.responseText)});
        const form = new FormData();
        form.append("title", "progress");
        form.append("upload", new Blob([new Uint8Array(20 << 20)]), "zeros.bin");
        request.open("POST", "/upload");
        request.send(form);
    })""")

    assert (seen["status"], seen["answer"]["size"]) == (200, 20 << 20)
    loaded = [step[0] for step in seen["steps"]]
    assert loaded == sorted(loaded)
    assert seen["steps"][-1][0] == seen["steps"][-1][1] > 20 << 20


def test_an_urlencoded_form_has_no_file(page: Page) -> None:
    """A form of another encoding is refused with a reason, since a file cannot be in it."""
    seen = page.evaluate("""async () => {
        const response = await fetch("/upload", {method: "POST", body: new URLSearchParams({title: "x"})});
        return [response.status, await response.json()];
    }""")

    assert seen[0] in (415, 422)
    assert seen[1]["detail"]
