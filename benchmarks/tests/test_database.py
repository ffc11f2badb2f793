"""The benchmark of databases: its command line, its cells, what is judged and shown."""

import re
from itertools import chain

import pytest

from benchmarks.apps.middleware import ALL, MIDDLEWARE, STACKS
from benchmarks.cases import Case
from benchmarks.database import groups, tables, verdicts
from benchmarks.database.__main__ import plan
from benchmarks.database.groups import (
    ADMIN,
    GET_ASYNC,
    GET_DEF,
    GUNICORN,
    GUNICORN_FULL,
    HELLO_DEF,
    HOPS,
    POSTGRES,
    SQLITE,
    THREADS,
    behind,
    cell,
    unpinned,
)
from benchmarks.results import OURS, Results, Sample


def sample(case, server, number, microseconds, baseline=0.0, p99=0.002):
    """A cell of one round whose median latency is 1 ms."""
    return Sample(case, server, number, microseconds * 1e-6, 1e3, 0.001, baseline * 1e-6, p99)


def judged(results):
    """The verdicts by title."""
    return {verdict.title: verdict for verdict in verdicts.verdicts(results)}


def test_default_is_everything():
    """Without arguments all parts are measured over both databases, and the tables may be published."""
    assert plan([]).full


@pytest.mark.parametrize(
    "arguments", [["--part", "orm"], ["--database", "sqlite"], ["--rounds", "1"], ["--seconds", "1"]]
)
def test_part_of_a_run_is_not_published(arguments):
    """Fewer parts, databases or rounds, or shorter cells, leave the published figures alone."""
    assert not plan(arguments).full


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--part", "orm,form"], "unknown: form"),
        (["--database", "oracle"], "unknown: oracle"),
        (["--rounds", "0"], "at least 1"),
    ],
)
def test_mistyped_argument_is_refused(arguments, words, capsys):
    """It ends with a line that says what is wrong."""
    with pytest.raises(SystemExit):
        plan(arguments)

    assert words in capsys.readouterr().err


def test_part_without_its_database_is_left_out_aloud(capsys):
    """Where SQLite is asked for alone, what needs PostgreSQL is named; nothing else is an error."""
    assert plan(["--part", "orm,sleep", "--database", "sqlite"]).parts == ("orm",)
    assert "left out: sleep is measured over postgres only" in capsys.readouterr().out

    with pytest.raises(SystemExit):
        plan(["--part", "sleep", "--database", "sqlite"])
    assert "nothing is left to measure" in capsys.readouterr().err


@pytest.mark.parametrize("group", groups.GROUPS, ids=lambda group: group.key)
def test_every_case_is_served_by_us_or_beside_us(group):
    """No case of a group is lacking on all of its servers, and no two servers of a group share their samples."""
    keys = [server.key for server in group.servers]

    assert len(keys) == len(set(keys))
    assert all(any(case.key not in server.lacks for server in group.servers) for case in group.cases)


def test_cells_of_all_groups_have_names_of_their_own():
    """The same case, pinned and not pinned, on the same server, is two cells."""
    names = [
        (group.cell(case, database), server.key)
        for group in groups.GROUPS
        for database in group.databases
        for case in group.cases
        for server in group.servers
        if case.key not in server.lacks
    ]

    assert len(names) == len(set(names))


def test_hops_ask_for_what_their_case_asks():
    """A handler that hops gives the same answer as the one that it is compared with."""
    answers = {hop.key: hop.answer for hop in HOPS}

    assert answers["get-async-pool"] == GET_ASYNC.answer
    assert len(answers["orm-async-pool"]) == 10


def test_rounds_are_compared_with_themselves():
    """A machine that was twice as slow in one round changes nothing; a round that lacks one of both does not count."""
    results = Results()
    for number, speed in enumerate((1, 2, 1), 1):
        results.samples += [sample("a", "bolt", number, 30 * speed), sample("b", "bolt", number, 20 * speed)]
    results.samples.append(sample("a", "bolt", 4, 1000))

    assert verdicts.by_round(results, ("a", "bolt"), ("b", "bolt"), verdicts.ratio) == pytest.approx(1.5)
    assert verdicts.by_round(results, ("a", "bolt"), ("c", "bolt"), verdicts.ratio) is None


def test_orm_is_held_against_its_own_work():
    """The ratio to the loop in process is judged, the microseconds are told."""
    results = Results(samples=[sample(cell(GET_DEF, SQLITE), OURS, 1, 230, baseline=200)])

    verdict = judged(results)["ORM, one user by key, `def`, SQLite"]

    assert verdict.met
    assert (verdict.measured, verdict.target) == (pytest.approx(1.15), 1.15)
    assert verdict.note == "230 µs, in process 200 µs"


def test_worst_tail_is_judged():
    """The case whose p99 is the most above its median stands for all."""
    results = Results(
        samples=[
            sample(cell(GET_DEF, SQLITE), OURS, 1, 230, 200, p99=0.002),
            sample(cell(GET_ASYNC, POSTGRES), OURS, 1, 230, 200, p99=0.004),
        ]
    )

    verdict = judged(results)["p99 of the latency, the worst of the ORM's"]

    assert (verdict.measured, verdict.note) == (pytest.approx(4), "ORM, one user by key, `async def`, PostgreSQL")
    assert not verdict.met


def test_async_orm_is_held_against_each_hop():
    """One line for each way to a thread that was measured, of cells that were not pinned."""
    pool = next(hop for hop in HOPS if hop.key == "get-async-pool")
    results = Results(
        samples=[
            sample(unpinned(GET_ASYNC, POSTGRES), OURS, 1, 80),
            sample(unpinned(GET_ASYNC, POSTGRES), THREADS, 1, 90),
            sample(unpinned(pool, POSTGRES), OURS, 1, 100),
            sample(cell(GET_ASYNC, POSTGRES), THREADS, 1, 1),
        ]
    )

    found = [(round(v.measured, 2), v.unit, v.met) for v in verdicts.verdicts(results) if "unpinned" in v.title]

    assert found == [
        (0.8, "× `sync_to_async`, a pool of 16 threads", True),
        (0.89, '× `ASYNC_ORM="threads"`', False),
    ]


def test_admin_and_hello_are_judged():
    """The admin beside gunicorn, hello beside nginx."""
    results = Results(
        samples=[
            sample(cell(ADMIN, SQLITE), OURS, 1, 1060),
            sample(cell(ADMIN, SQLITE), GUNICORN_FULL, 1, 1000),
            sample(cell(HELLO_DEF, POSTGRES), OURS, 1, 12, baseline=10),
        ]
    )

    found = {title: (round(verdict.measured, 2), verdict.met) for title, verdict in judged(results).items()}

    assert found == {
        "admin, list of users, SQLite": (1.06, False),
        "hello, `def`, on threads that hold connections, PostgreSQL": (1.2, True),
    }


def test_sleep_tells_its_connections():
    """The wall clock's median is judged."""
    results = Results()
    results.extras["sleep"][OURS] += [0.9, 1.4, 1.0]
    results.extras["connections"][OURS].append(16)

    (verdict,) = verdicts.verdicts(results)

    assert (verdict.measured, verdict.note, verdict.met) == (1.0, "16 connections", True)


@pytest.fixture
def stacks():
    """Around `def` every stack costs 10 µs more than the one before; Django's seven are 90 µs on gunicorn."""
    ours = [sample(cell(behind(name, "def"), SQLITE), OURS, 1, 10 * n) for n, name in enumerate(STACKS, 1)]
    django = [
        sample(cell(behind("none", "def"), SQLITE), GUNICORN, 1, 200),
        sample(cell(behind(ALL, "def"), SQLITE), GUNICORN_FULL, 1, 290),
    ]
    return Results(samples=ours + django)


def test_seven_middleware_are_judged_by_what_they_add(stacks):
    """Eight stacks above none: 80 µs are a miss."""
    verdict = judged(stacks)["Django's seven middleware around a route, `def`"]

    assert (verdict.measured, verdict.unit, verdict.met) == (pytest.approx(80), "µs", False)


def test_table_of_middleware_has_a_row_for_each(stacks):
    """Each beside the one before, all of them beside none; a dash where nothing was measured."""
    rows = [[text.strip() for text in line.strip("|").split("|")] for line in tables.middleware(stacks).splitlines()]

    assert rows[2] == ["one that does nothing", "10.0", "–", "–", "–"]
    assert rows[3:10] == [[f"+ `{path.rpartition('.')[2]}`", "10.0", "–", "–", "–"] for path in MIDDLEWARE]
    assert rows[10] == ["all seven, beside none", "80.0", "–", "90.0", "–"]
    assert [row[1] for row in rows[11:]] == ["90.0", "100.0", "110.0"]


def test_stacks_grow_to_the_seven():
    """The last of the stacks that grow is that of a new project."""
    assert STACKS[ALL] == MIDDLEWARE


def test_page_shows_what_was_measured_only():
    """A part of a run has no empty tables."""
    results = Results({"rounds": "1"}, [sample(cell(GET_DEF, SQLITE), OURS, 1, 230, baseline=200)])
    results.extras["in-process"]["x"].append(1.0)

    page = tables.page(results)

    assert "| ORM, one user by key, `def`, SQLite | 200 | 230 (1.15) | – | – | – | – |" in page
    assert "| ORM, one user by key, `def`, SQLite | 1.0 / 2.0 | – | – | – | – |" in page
    assert not re.search("middleware|admin|pg_sleep|all cores", page)


def test_every_answer_is_known():
    """Each case says what it expects, so that nothing wrong is timed."""
    everything = chain.from_iterable(group.cases for group in groups.GROUPS)

    assert all(isinstance(case, Case) and case.answer is not None for case in everything)
