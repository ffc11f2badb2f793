"""verdicts: each target is judged on its own basis, round by round."""

import pytest

from benchmarks.verdicts import Verdict, verdicts


def test_verdicts_cover_what_was_measured(results):
    """Each measured target is met or missed; what was not measured is not judged."""
    found = {verdict.title: verdict for verdict in verdicts(results)}

    assert {title: verdict.met for title, verdict in found.items()} == {
        "hello, `async def`": True,
        "hello, one connection": False,
        "ORM, 10 users, `def`": True,
    }
    assert found["ORM, 10 users, `def`"].measured == pytest.approx(1.1)


def test_extras_are_judged_in_their_units(results):
    """Idle memory is bytes per connection, start-up the difference to Django alone."""
    results.extras["idle"]["bolt"].append(5 * 1024)
    results.extras["spin"]["bolt"].append(0.0015)
    results.extras["startup"]["bolt"].append(1.2)
    results.extras["startup"]["django"].append(0.8)

    idle, spin, start = (
        next(verdict for verdict in verdicts(results) if word in verdict.title)
        for word in ("idle", "spinning", "start-up")
    )

    assert (idle.measured, idle.met) == (5.0, False)
    assert (spin.measured, spin.met) == (1.5, True)
    assert (start.measured, start.met) == (pytest.approx(0.4), True)


def judged(results, title):
    """The verdict on the case of that title."""
    return next(verdict for verdict in verdicts(results) if verdict.title == title)


def test_memory_of_huge_transfers_is_judged_in_megabytes(results):
    """The peak of a server that was given gigabytes is bounded by 150 MB."""
    results.extras["transfers"]["bolt"].append(151e6)

    assert not judged(results, "2 GB up and 2 GB down, most memory of the server").met


def test_work_in_process_is_subtracted_round_by_round(results, sample):
    """A body may cost 12 µs more than its own decoding, which is measured in the same round."""
    results.samples += [
        sample("body-11k", "bolt", number, cpu, baseline=10e-6) for number, cpu in enumerate((30e-6, 61e-6, 30e-6), 1)
    ]
    results.extras["in-process"]["body-11k"] += [19e-6, 49e-6, 19e-6]

    verdict = judged(results, "11 KB JSON body")

    assert (verdict.measured, verdict.unit, verdict.met) == (pytest.approx(11), "µs beyond in process", True)
    assert verdict.note == "30 µs, in process 19 µs"


def test_file_is_compared_with_nginx_sending_it(results, sample):
    """A file's cost is a multiple of what nginx needs for that file, not for a constant answer."""
    results.samples += [
        sample("file-1m", "nginx", 1, 100e-6, baseline=10e-6),
        sample("file-1m", "bolt", 1, 160e-6, baseline=10e-6),
    ]

    assert judged(results, "file of 1 MB") == Verdict("file of 1 MB", 1.6, 1.5, "× nginx with the same")


def test_upload_is_judged_by_throughput(results, sample):
    """Half of Starlette's CPU a request is twice its throughput, and less than twice is a miss."""
    results.samples += [
        sample("upload-1m", "fastapi", 1, 1000e-6, baseline=10e-6),
        sample("upload-1m", "bolt", 1, 400e-6, baseline=10e-6),
    ]
    assert judged(results, "multipart upload of 1 MB").met

    results.samples[-1] = sample("upload-1m", "bolt", 1, 600e-6, baseline=10e-6)

    verdict = judged(results, "multipart upload of 1 MB")
    assert (verdict.at_least, verdict.met) == (True, False)


def test_refusal_is_judged_in_microseconds(results, sample):
    """The list of five errors has a bound of its own, with nginx's multiple beside it."""
    results.samples.append(sample("invalid", "bolt", 1, 41e-6, baseline=10e-6))

    verdict = judged(results, "422 with five errors")

    assert (verdict.measured, verdict.met, verdict.note) == (pytest.approx(41), False, "4.10 × nginx")


def test_comparison_without_the_other_server_is_no_verdict(results, sample):
    """What was not measured beside its basis is not judged."""
    results.samples.append(sample("upload-1m", "bolt", 1, 400e-6, baseline=10e-6))

    assert "multipart upload of 1 MB" not in {verdict.title for verdict in verdicts(results)}
