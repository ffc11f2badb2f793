"""Files that a page gives: for saving, for playing, from the cache."""

import struct
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response
from serving import Served

# Longer than what a browser fetches ahead, so that seeking needs a range of its own.
SECONDS, RATE = 600, 44_100 * 2 * 2


@pytest.fixture(scope="module", autouse=True)
def given(files: Path) -> None:
    """What the page links to: a text and ten minutes of silence, which take no room on the disk."""
    (files / "report.txt").write_bytes(b"line one\nline two\n")
    with (files / "tone.wav").open("wb") as file:
        # RIFF WAVE: 16 bit, two channels, 44.1 kHz.
        format_ = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 44_100, RATE, 4, 16)
        size = SECONDS * RATE
        file.write(struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + format_ + struct.pack("<4sI", b"data", size))
        file.truncate(44 + size)


def test_a_link_saves_a_file_under_its_name(page: Page, tmp_path: Path) -> None:
    """A name beyond ASCII and with quotes is the one that the browser saves the file under."""
    with page.expect_download() as download:
        page.get_by_role("link", name="Save").click()
    download.value.save_as(tmp_path / "saved")

    assert download.value.suggested_filename == "naïve “report” № 1.txt"
    assert (tmp_path / "saved").read_bytes() == b"line one\nline two\n"


def test_a_player_seeks_by_ranges(page: Page) -> None:
    """Jumping near the end of ten minutes fetches the end, not all that lies before it."""
    answers: list[Response] = []
    page.on("response", lambda response: answers.append(response) if "tone.wav" in response.url else None)
    page.reload()

    duration, position = page.evaluate("""() => new Promise((resolve, reject) => {
        const audio = document.querySelector("#tone");
        audio.addEventListener("seeked", () => resolve([audio.duration, audio.currentTime]));
        audio.addEventListener("error", () => reject(new Error(audio.error.message)));
        const seek = () => { audio.currentTime = 590; };
        if (audio.readyState >= 1) seek(); else audio.addEventListener("loadedmetadata", seek);
    })""")

    assert (duration, position) == (SECONDS, 590)
    assert {answer.status for answer in answers} == {206}
    starts = [int(answer.headers["content-range"].removeprefix("bytes ").partition("-")[0]) for answer in answers]
    assert starts[0] == 0
    assert max(starts) > 500 * RATE


def test_fetch_gets_a_range(page: Page) -> None:
    """A script asks for a piece and gets it with its place in the whole, or is told that there is none."""
    seen = page.evaluate("""async () => {
        const ask = async (range) => {
            // Past the cache, which would put an answer together from the pieces that it has.
            const response = await fetch("/files/report.txt", {headers: {Range: range}, cache: "no-store"});
            return [response.status, response.headers.get("content-range"), await response.text()];
        };
        return [await ask("bytes=5-7"), await ask("bytes=-4"), (await ask("bytes=900-")).slice(0, 2)];
    }""")

    assert seen == [[206, "bytes 5-7/18", "one"], [206, "bytes 14-17/18", "two\n"], [416, "bytes */18"]]


@pytest.mark.parametrize("path", ["/files/report.txt", "/version"], ids=["file", "handler"])
def test_a_second_visit_is_answered_from_the_cache(page: Page, served: Served, path: str) -> None:
    """The browser sends the validator that it was given; the server answers 304, and the page has its content."""
    page.goto(path)
    first = page.locator("body").inner_text()
    page.reload()

    served.printed(rf'"?GET {path}[^\n]* 304 ')
    assert page.locator("body").inner_text() == first
    assert first.strip()
