"""Sources and metrics."""

from __future__ import annotations

import pytest

from qudag_tui.core.host_series import HOST_SERIES, PROCESS_SERIES
from qudag_tui.core.metric import Metric, MetricKind, Series, Source, SourceKind
from qudag_tui.core.unit import Unit
from tests.plan.checklist_text import ONE_CHECKLIST, TOP, errors_of, items, plan_of

NODE = '[sources.node]\nscrape = "http://h/m"\nevery = "10s"\n'


def file(*parts: str) -> str:
    """Parts of a file from line 5 on."""
    return TOP + ONE_CHECKLIST + "".join(parts)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('scrape = "http://h:9090/m"', Source("s", SourceKind.SCRAPE, {"address": "http://h:9090/m"})),
        (
            'promql = "https://p"\nevery = "30s"\ntimeout = "2s"',
            Source("s", SourceKind.PROMQL, {"address": "https://p"}, 30.0, 2.0),
        ),
        ('http = "http://[::1]:80/health"', Source("s", SourceKind.HTTP, {"address": "http://[::1]:80/health"})),
        (
            'promql = "https://p"\ncredential = "prom"',
            Source("s", SourceKind.PROMQL, {"address": "https://p", "credential": "prom"}),
        ),
        ('command = ["./q", ""]', None),
        ('command = ["./q", "-l"]', Source("s", SourceKind.COMMAND, {"argv": ("./q", "-l")})),
        ('process = { pid_file = "/run/x" }', Source("s", SourceKind.PROCESS, {"pid_file": "/run/x"})),
        ('process = { name = "qudag" }', Source("s", SourceKind.PROCESS, {"name": "qudag"})),
        ("scripted = { a = [1, 2.5, nan] }", Source("s", SourceKind.SCRIPTED, {"a": ("1.0", "2.5", "nan")})),
    ],
)
def test_a_source_is_asked_in_one_way(lines: str, expected: Source | None) -> None:
    text = file(f"[sources.s]\n{lines}\n")

    if expected is None:
        assert errors_of(text) == ['6:19: command must be a list of words: the command and its arguments; "" is none']
    else:
        assert plan_of(text).sources == {"host": Source("host", SourceKind.HOST), "s": expected}


FORMS = "a source has exactly one of scrape, promql, http, command, process, scripted"


@pytest.mark.parametrize(
    ("lines", "errors"),
    [
        ("", [f"5:1: {FORMS}"]),
        ('scrape = "http://a"\nhttp = "http://b"', [f"5:1: {FORMS}; this one has scrape and http"]),
        ("scrape = 5", ["6:10: scrape must be an address that answers in the Prometheus text format, not 5"]),
        *(
            (
                f'http = "{address}"',
                [f'6:8: an address starts with http:// or https:// and names a host; "{address}" does not'],
            )
            for address in ("h/m", "ftp://h", "http://", "http:///x", "http://h x", "http://h:99999", "http://[x")
        ),
        ("command = []", ["6:11: command must be a list of words: the command and its arguments, not a list"]),
        ("process = {}", ['6:11: process must be { pid_file = "…" } or { name = "…" }, not a table']),
        ('process = "x"', ['6:11: process must be { pid_file = "…" } or { name = "…" }, not "x"']),
        (
            'process = { nam = "x" }',
            [
                '6:11: process must be { pid_file = "…" } or { name = "…" }, not a table',
                '6:13: "nam" is not a key of a process; did you mean "name"?',
            ],
        ),
        (
            'scripted = { a = ["x"] }',
            ["6:18: a scripted series must be a list of numbers (nan for a missing one), not a list"],
        ),
        (
            'http = "http://a"\nevery = "1ms"',
            ['7:9: every must be longer than 0.05 s, not "1ms"'],
        ),
        (
            'command = ["x"]\ncredential = "c"',
            ["7:14: a credential has a meaning only beside scrape, promql, http"],
        ),
        (
            'http = "http://a"\ncredential = ""',
            ['7:14: credential must be the name of a credential in your own config.toml, not ""'],
        ),
        ('http = "http://a"\nevry = "1s"', ['7:1: "evry" is not a key of a source; did you mean "every"?']),
    ],
)
def test_says_what_is_wrong_with_a_source(lines: str, errors: list[str]) -> None:
    assert errors_of(file(f"[sources.s]\n{lines}\n")) == errors


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("host", "the host is a source without an entry; give this one another name"),
        ('"a:b"', 'the name of a source is a letter, then letters, digits, _, . and -; not "a:b"'),
    ],
)
def test_a_source_has_a_plain_name_of_its_own(name: str, error: str) -> None:
    assert errors_of(file(f'[sources.{name}]\nhttp = "http://a"\n')) == [f"5:10: {error}"]


HOST_CPU = Series("host", "cpu_percent")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('gauge = "host:cpu_percent"', Metric("m", "m", MetricKind.GAUGE, HOST_CPU, Unit.PERCENT, "m")),
        (
            'title = "CPU"\nshort = "cpu%"\ngauge = "host:cpu_percent"\nevery = "1s"',
            Metric("m", "CPU", MetricKind.GAUGE, HOST_CPU, Unit.PERCENT, "cpu%", every_seconds=1.0),
        ),
        (
            'gauge = \'node:mem_bytes{kind="used"}\'\nbaseline = "captured"',
            Metric(
                "m",
                "m",
                MetricKind.GAUGE,
                Series("node", 'mem_bytes{kind="used"}'),
                Unit.BYTES,
                "m",
                every_seconds=10.0,
            ),
        ),
        (
            'gauge = "node:depth"\nbaseline = 84',
            Metric(
                "m", "m", MetricKind.GAUGE, Series("node", "depth"), Unit.NUMBER, "m", baseline=84.0, every_seconds=10.0
            ),
        ),
        (
            'gauge = "node:depth"\nunit = "s"\nbaseline = "84 ms"',
            Metric(
                "m",
                "m",
                MetricKind.GAUGE,
                Series("node", "depth"),
                Unit.SECONDS,
                "m",
                baseline=0.084,
                every_seconds=10.0,
            ),
        ),
        (
            'rate = "node:sent_bytes_total"',
            Metric(
                "m",
                "m",
                MetricKind.RATE,
                Series("node", "sent_bytes_total"),
                Unit.BYTES_PER_SECOND,
                "m",
                every_seconds=10.0,
            ),
        ),
        (
            'rate = "node:requests_total"\nconcurrent = "node:old_total"',
            Metric(
                "m",
                "m",
                MetricKind.RATE,
                Series("node", "requests_total"),
                Unit.PER_SECOND,
                "m",
                concurrent=Series("node", "old_total"),
                every_seconds=10.0,
            ),
        ),
        (
            'errors = "node:e"\ntotal = "node:t"\nburst = 20',
            Metric(
                "m",
                "m",
                MetricKind.RATIO,
                Series("node", "e"),
                Unit.PERCENT,
                "m",
                total=Series("node", "t"),
                burst=20.0,
                every_seconds=10.0,
            ),
        ),
        (
            'hits = "node:h"\nmisses = "node:x"',
            Metric(
                "m",
                "m",
                MetricKind.RATIO,
                Series("node", "h"),
                Unit.PERCENT,
                "m",
                rest=Series("node", "x"),
                every_seconds=10.0,
            ),
        ),
        (
            'histogram = "node:latency_seconds"\nquantile = 0.99',
            Metric(
                "m",
                "m",
                MetricKind.QUANTILE,
                Series("node", "latency_seconds"),
                Unit.SECONDS,
                "m",
                quantile=0.99,
                every_seconds=10.0,
            ),
        ),
    ],
)
def test_a_metric_is_read_in_one_way(lines: str, expected: Metric) -> None:
    assert plan_of(file(NODE, f"[metrics.m]\n{lines}\n")).metrics == {"m": expected}


@pytest.mark.parametrize(
    ("name", "short", "title"),
    [
        ("cpu", "cpu", "cpu"),
        ("error_rate", "error", "error rate"),
        ("response_time", "respon", "response time"),
        ("日本語の", "日本語", "日本語の"),
    ],
)
def test_a_metric_has_a_label_of_at_most_six_cells(name: str, short: str, title: str) -> None:
    (metric,) = plan_of(file(f'[metrics."{name}"]\ngauge = "host:load1"\n')).metrics.values()

    assert (metric.short, metric.title) == (short, title)


@pytest.mark.parametrize("name", HOST_SERIES)
def test_every_series_of_the_host_has_its_unit(name: str) -> None:
    assert plan_of(file(f'[metrics.m]\ngauge = "host:{name}"\n')).metrics["m"].unit is HOST_SERIES[name]


def test_a_page_has_series_of_its_own_and_numbers_behind_an_expression() -> None:
    text = file(
        '[sources.p]\nhttp = "http://a"\n[metrics.a]\ngauge = "p:status"\n'
        '[metrics.b]\ngauge = "p:json:queues[0].wait_seconds"\n[metrics.c]\ngauge = "p:json:queues["\n'
        '[metrics.d]\ngauge = "p:stats"\n'
    )

    assert errors_of(text) == [
        '12:17: not a JMESPath expression: "queues["',
        '14:12: p has no series "stats"; did you mean "status"?',
    ]


@pytest.mark.parametrize("name", PROCESS_SERIES)
def test_every_series_of_a_process_has_its_unit(name: str) -> None:
    text = file(f'[sources.p]\nprocess = {{ name = "x" }}\n[metrics.m]\ngauge = "p:{name}"\n')

    assert plan_of(text).metrics["m"].unit is PROCESS_SERIES[name]


METRIC_FORMS = (
    "a metric has exactly one of gauge, rate, errors + total, hits + total, hits + misses, histogram + quantile"
)


@pytest.mark.parametrize(
    ("lines", "errors"),
    [
        ('title = "x"', [f"8:1: {METRIC_FORMS}"]),
        ('gauge = "host:load1"\nrate = "host:load5"', [f"8:1: {METRIC_FORMS}; this one has gauge + rate"]),
        ('total = "node:x"', [f"8:1: {METRIC_FORMS}; this one has total"]),
        (
            'gauge = "host:cpu_percnt"',
            ['9:15: host has no series "cpu_percnt"; did you mean "cpu_percent"?'],
        ),
        (
            "gauge = 'node:x{a=b}'",
            ['9:17: a series is a name, or name{label="value"}; =, !=, =~ and !~ compare a label'],
        ),
        (
            """gauge = 'node:x{a="1",b=~"("}'""",
            ["9:27: not a regular expression: missing ), unterminated subpattern at position 0"],
        ),
        ('gauge = "nod:x"', ['9:10: no source has the name "nod"; did you mean "node"?']),
        (
            'gauge = "load1"',
            ['9:9: gauge must be a series written "source:name", such as "host:cpu_percent", not "load1"'],
        ),
        ('gauge = "node:x"\nshort = "too long"', ['10:9: short must be a label of at most six cells, not "too long"']),
        (
            'gauge = "node:x"\nunit = "ms"',
            ['10:8: unit must be one of "", "%", "s", "B", "/s" and "B/s", not "ms"'],
        ),
        (
            'gauge = "node:x"\nbaseline = "84 ms"',
            ['10:12: the metric\'s unit is a plain number, and this is in "s"'],
        ),
        (
            'gauge = "node:x"\nbaseline = "often"',
            ['10:12: baseline must be a number, a number with its unit such as "84 ms", or "captured", not "often"'],
        ),
        (
            'gauge = "node:x"\nbaseline = nan',
            ['10:12: baseline must be a number, a number with its unit such as "84 ms", or "captured", not nan'],
        ),
        (
            'gauge = "node:x"\nbaseline = 1\nconcurrent = "node:y"',
            ["11:14: a metric has one baseline: baseline or concurrent, not both"],
        ),
        ('gauge = "node:x"\nburst = 2', ["10:9: burst has a meaning only beside errors or hits"]),
        (
            'errors = "node:x"\ntotal = "node:y"\nburst = 0.5\nunit = "s"',
            [
                "11:9: burst must be a number of at least 1, not 0.5",
                '12:8: a ratio is a percentage; leave unit out, or write "%"',
            ],
        ),
        (
            'histogram = "node:x"\nquantile = 1.0',
            ["10:12: quantile must be a number between 0 and 1, such as 0.99, not 1.0"],
        ),
    ],
)
def test_says_what_is_wrong_with_a_metric(lines: str, errors: list[str]) -> None:
    assert errors_of(file(NODE, f"[metrics.m]\n{lines}\n")) == errors


@pytest.mark.parametrize("name", ["and", "x", '"a b"', '"9"', '""'])
def test_a_metric_has_a_name_that_a_condition_can_say(name: str) -> None:
    (error,) = errors_of(file(f'[metrics.{name}]\ngauge = "host:load1"\n'))

    assert error.startswith(
        "5:10: the name of a metric is a letter, then letters, digits, _, . and -, and none of and, "
    )


GATES = "[metrics.cpu]\ngauge = 'host:cpu_percent'\n[metrics.load]\ngauge = 'host:load1'\n"


@pytest.mark.parametrize(
    ("gate", "column", "message"),
    [
        ('"cpu << 3"', 28, "gate: a number is expected here, not '<'"),
        ("'cpu << 3'", 28, "gate: a number is expected here, not '<'"),
        ('"cpu \\u003c< 3"', 22, "gate: a number is expected here, not '<'"),
        ('"""cpu << 3"""', 22, "gate: a number is expected here, not '<'"),
        ('"cqu < 3%"', 23, 'no metric has the name "cqu"; did you mean "cpu"?'),
        ('"load < 1 and lod < 1"', 36, 'no metric has the name "lod"; did you mean "load"?'),
        (
            '"load < 3 and load < 5 ms"',
            43,
            'load is measured in a plain number, and the limit is in "s"; allowed here: no unit',
        ),
        ('"cpu < 80"', 29, 'cpu is measured in "%", and the limit is in a plain number; allowed here: %'),
        ('"cpu < baseline + 3 ms"', 38, 'cpu is measured in "%", and the limit is in "s"; allowed here: %'),
    ],
)
def test_a_wrong_condition_is_reported_at_its_character(gate: str, column: int, message: str) -> None:
    errors = errors_of(items('{ text = "x", gate = ' + gate + " }") + GATES)

    assert errors == [f"6:{column}: {message}"]
