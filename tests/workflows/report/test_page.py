"""The report page: whole, harmless whatever the input says, bounded, the same each time, and right in its data."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from barcodeembed.classify.call import VERDICTS, Assignment, Call, Reference
from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.report import report_data, shown_calls
from barcodeembed.workflows.report.page import embed_json, render_report, write_report
from barcodeembed.workflows.report.projection import Projection
from barcodeembed.workflows.report.report_data import ReportData, sample_rows

EVIL = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>&{{script}}\u2028'\""
ORDERS = ("Diptera", "Coleoptera", "Hymenoptera")


class Page(HTMLParser):
    """Tags, their attributes, and the text inside each script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.title = ""
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag) -> None:
        self._inside = ""

    def handle_data(self, data) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside == "title":
            self.title += data

    @property
    def data(self):
        return json.loads(self.scripts[0])


@pytest.fixture
def filled(calls: list[Call]) -> ReportData:
    """The calls of the other formats, with vectors, a library, and a calibration."""
    rng = np.random.default_rng(0)
    point = {"from": 0.9, "examples": 40, "weight": 1.0, "confidence": 0.95, "right": 0.94}
    models = {"identity": {"658": {"species": {"reliability": [point]}, "genus": {"reliability": []}}, "130": {}}}
    data = ReportData("reads.fasta", {"Library": "examples"}, {"models": models})
    for call in calls:
        data.add(call, rng.normal(size=8).astype(np.float32) if call.status == "ok" else None)
    lineages = [Lineage.from_ranks(order=ORDERS[i % 3]) for i in range(30)]
    data.add_library(rng.normal(size=(30, 8)).astype(np.float32), lineages, 900)
    return data


def test_the_page_is_whole_and_needs_nothing_else(filled: ReportData) -> None:
    text = render_report(filled)
    page = Page(text)
    assert "{{" not in text
    assert page.title == "reads.fasta · barcodeembed"
    assert [attributes.get("type") for tag, attributes in page.tags if tag == "script"] == ["application/json", None]
    names = {name for _, attributes in page.tags for name in attributes}
    assert names.isdisjoint({"src", "srcset", "action", "onload", "onclick", "onerror"})
    assert {tag for tag, _ in page.tags}.isdisjoint({"link", "img", "iframe", "base", "object"})
    assert all((attributes.get("href") or "#").startswith("#") for _, attributes in page.tags)
    # The one address is where a reader may choose to look a BIN up.
    outside = text.replace("http://www.w3.org/2000/svg", "").replace("https://portal.boldsystems.org/bin/", "")
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\(|fetch\(|XMLHttp|innerHTML|eval\(", outside)


def test_ids_in_the_script_exist_in_the_page(filled: ReportData) -> None:
    page = Page(render_report(filled))
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    used = set(re.findall(r'\$\("([\w-]+)"\)', page.scripts[1]))
    assert used
    assert used <= ids
    labels = {
        attributes[name] for _, attributes in page.tags for name in ("aria-labelledby", "for") if name in attributes
    }
    assert labels <= ids


def test_the_policy_lets_only_this_script_run(filled: ReportData) -> None:
    import base64
    import hashlib

    page = Page(render_report(filled))
    (policy,) = [a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"]
    digest = base64.b64encode(hashlib.sha256(page.scripts[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none'")


def test_values_of_the_input_are_harmless(make_call, filled: ReportData) -> None:
    plain = [tag for tag, _ in Page(render_report(filled)).tags]
    evil = ReportData(EVIL, {EVIL: EVIL})
    lineage = Lineage((EVIL,) * 7)
    evil.add(make_call(EVIL, Assignment("ambiguous", lineage, candidates=(EVIL,)), Reference(EVIL, EVIL), flags=EVIL))
    page = Page(render_report(evil))
    assert [tag for tag, _ in page.tags] == plain
    assert page.title == f"{EVIL} · barcodeembed"
    assert page.data["title"] == EVIL
    (row,) = page.data["table"]["rows"]
    assert dict(zip(page.data["table"]["columns"], row, strict=True))["query_id"] == EVIL


def test_json_in_a_script_has_no_markup() -> None:
    text = embed_json({"<": ["</script>", "&amp;", "\u2028\u2029", "é", 1.5, None]})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"<": ["</script>", "&amp;", "\u2028\u2029", "é", 1.5, None]}


def test_the_data_say_what_the_calls_say(filled: ReportData, calls: list[Call]) -> None:
    data = Page(render_report(filled)).data
    rows = [dict(zip(data["table"]["columns"], row, strict=True)) for row in data["table"]["rows"]]
    assert [row["query_id"] for row in rows] == [call.id for call in calls]
    assert rows[0]["probability"] == 0.97
    assert rows[-1]["identity"] is None
    assert data["summary"]["verdict"]["named"] == 2
    assert data["reliability"] == {
        "658": {"species": [filled.calibration["models"]["identity"]["658"]["species"]["reliability"][0]]}
    }
    assert sum(n for _, n in data["reads"]["lengths"]) == len(calls)
    assert sum(n for bars in data["reads"]["identities"].values() for _, n in bars) == 5
    assert data["map"]["groups"] == ["Coleoptera", "Diptera", "Hymenoptera"]
    assert (len(data["map"]["library"]), data["map"]["library_total"], len(data["map"]["queries"])) == (30, 900, 6)


def total(node) -> int:
    return sum(node["own"]) + sum(map(total, node["below"]))


def test_taxa_keep_every_query_also_where_small_ones_are_not_drawn(make_call, monkeypatch) -> None:
    monkeypatch.setattr(report_data, "MAX_TAXA", 5)
    data = ReportData("x")
    for i in range(20):
        lineage = Lineage.from_ranks(kingdom="Animalia", genus=f"G{i % 3}", species=f"G{i % 3} s{i}")
        data.add(make_call("a", Assignment(VERDICTS[i % 5], lineage)))
    tree = data.to_dict()["taxa"]
    assert total(tree) == 20
    assert (tree["drawn"], tree["taxa"]) == (5, 24)
    assert [node["name"] for node in tree["below"][0]["below"]] == ["G0", "G1", "G2"]


def test_memory_is_bounded(make_call, monkeypatch) -> None:
    monkeypatch.setattr(shown_calls, "MAX_ROWS", 7)
    monkeypatch.setattr(shown_calls, "LEAST_ROWS", 5)
    monkeypatch.setattr(report_data, "MAX_POINTS", 9)
    data = ReportData("x")
    for i in range(200):
        data.add(make_call(f"q{i}", Assignment("unplaced")), np.full(4, i, dtype=np.float32))
    content = data.to_dict()
    assert (len(content["table"]["rows"]), content["table"]["total"]) == (7, 200)
    assert (len(content["map"]["queries"]), content["map"]["query_total"]) == (9, 200)
    kept = [int(label[0][1:]) for label in content["map"]["query_label"]]
    assert max(kept) > 100  # not the first ones only


def test_the_same_calls_make_the_same_page(tmp_path, filled: ReportData) -> None:
    for name in ("a.html", "b.html"):
        write_report(tmp_path / name, filled)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_a_page_without_calls_vectors_or_calibration() -> None:
    data = Page(render_report(ReportData("empty"))).data
    assert (data["map"], data["reliability"], data["table"]["rows"]) == (None, {}, [])


def test_sample_of_a_library() -> None:
    assert sample_rows(5, 10).tolist() == [0, 1, 2, 3, 4]
    rows = sample_rows(1000, 10)
    assert len(set(rows.tolist())) == 10
    assert rows.tolist() == sorted(rows.tolist()) == sample_rows(1000, 10).tolist()


def test_the_plane_of_the_map_parts_the_groups() -> None:
    """Noise is larger than what parts the orders, and in other directions."""
    rng = np.random.default_rng(0)
    centres = np.zeros((3, 20), dtype=np.float32)
    centres[[0, 1], [0, 1]] = 4
    names = np.arange(300) % 3
    vectors = centres[names] + rng.normal(size=(300, 20)).astype(np.float32) * np.repeat([0.3, 6], [2, 18])
    lineages = [Lineage.from_ranks(order=ORDERS[i]) for i in names]
    projection = Projection.fit(vectors.astype(np.float32), lineages)
    places = projection(vectors.astype(np.float32))
    means = np.stack([places[names == i].mean(axis=0) for i in range(3)])
    assert projection.rank == "order"
    assert projection.group_of(lineages[0]) == projection.groups.index("Diptera")
    assert projection.group_of(Lineage()) == -1
    gaps = np.linalg.norm(means - np.roll(means, 1, axis=0), axis=1)
    assert gaps.min() > 3
    plain = Projection.fit(vectors.astype(np.float32), [Lineage()] * 300)
    assert (plain.rank, plain.groups) == ("", ())


def test_of_each_verdict_some_calls_are_on_the_page(make_call, monkeypatch) -> None:
    monkeypatch.setattr(shown_calls, "MAX_ROWS", 7)
    monkeypatch.setattr(shown_calls, "LEAST_ROWS", 2)
    data = ReportData("a, b, c, d, e")
    for i in range(50):
        data.add(make_call(f"q{i}", Assignment("named" if i < 45 else "new_species")))
    content = data.to_dict()
    verdicts = [row[content["table"]["columns"].index("verdict")] for row in content["table"]["rows"]]
    assert (verdicts.count("named"), verdicts.count("new_species")) == (7, 2)
    assert content["title"] == "a, b, c and 2 more files"
    assert ReportData("a, b, c, d").title == "a, b, c and 1 more file"
