"""The report page on a telephone: nothing sticks out of it, and tables scroll within it. Needs Chromium."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WIDTH = 420

# A browser's own window cannot be this narrow, so the page stands in a frame of this width and says what it finds.
FRAME = f"""<!doctype html>
<iframe src="page.html" style="border: 0; width: {WIDTH}px; height: 900px"></iframe>
<pre id="found"></pre>
<script>
onmessage = (event) => {{ document.getElementById("found").textContent = JSON.stringify(event.data); }};
</script>"""
MEASURE = """<script>
addEventListener("load", () => setTimeout(() => {
  const all = (what) => [...document.querySelectorAll(what)];
  const width = document.documentElement.clientWidth;
  const cut = (e) => e && e !== document.body && (getComputedStyle(e).overflowX !== "visible" || cut(e.parentElement));
  const sticksOut = (e) => {
    const box = e.getBoundingClientRect();
    return box.width && (box.right > width + 1 || box.left < -1) && !cut(e.parentElement);
  };
  const pixels = (e) => parseFloat(getComputedStyle(e).fontSize) * e.ownerSVGElement.getScreenCTM().a;
  parent.postMessage({
    width,
    wide: document.documentElement.scrollWidth,
    out: all("main *").filter(sticksOut).map((e) => `${e.tagName} ${e.textContent.slice(0, 40)}`),
    scrolling: all(".scroll").map((e) => e.scrollWidth > e.clientWidth),
    smallest: Math.min(...all("svg text").map(pixels)),
  }, "*");
}, 500));
</script>"""


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_nothing_sticks_out_of_the_page_on_a_telephone(run, dutch, tmp_path: Path) -> None:
    reads = (ROOT / "data" / "reads.fasta").read_text()
    long = tmp_path / f"{'a_sample_with_a_long_name_' * 4}.fasta"
    long.write_text(reads.replace(">", ">an_id_that_a_sequencer_has_made:1:1101:15589:1332_"))
    (tmp_path / "b.fasta").write_text(reads[:20_000])
    files = ["-o", tmp_path / "c.tsv", "--report", tmp_path / "report.html", "--groups", "-q"]
    assert run(["classify", long, tmp_path / "b.fasta", "--library", dutch.path, *files]).code == 0
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", (tmp_path / "report.html").read_text())
    (tmp_path / "page.html").write_text(page.replace("</body>", MEASURE + "</body>"))
    (tmp_path / "frame.html").write_text(FRAME)
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]
    done = subprocess.run(
        [str(CHROMIUM), *options, "--virtual-time-budget=8000", "--dump-dom", (tmp_path / "frame.html").as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found = json.loads(re.search(r'<pre id="found">(.*?)</pre>', done.stdout)[1])
    assert 300 < found["width"] <= WIDTH
    assert (found["out"], found["wide"]) == ([], found["width"])
    assert found["scrolling"] == [True, True]
    assert found["smallest"] > 8


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_page_says_what_it_does_not_count(run, dutch, tmp_path: Path) -> None:
    """Records without a sequence, and reads that were subtracted."""
    header, *rows = [line.split("\t") for line in (ROOT / "data" / "library.tsv").read_text().splitlines()]
    bases = header.index("nuc")
    sequences = ["", *(row[bases] for row in rows[:4])]
    text = "".join(f"r{i}\t{sequence}\n" for i, sequence in enumerate(sequences))
    for name in ("site", "blank"):
        (tmp_path / f"{name}.tsv").write_text(f"id\tnuc\n{text}")
    (tmp_path / "samples.tsv").write_text("sample\tfile\tis_control\nblank\tblank.tsv\tyes\n")
    files = ["-o", tmp_path / "calls.tsv", "--report", tmp_path / "r.html", "--samples", tmp_path / "samples.tsv"]
    inputs = [tmp_path / "site.tsv", tmp_path / "blank.tsv"]
    assert run(["classify", *inputs, "--library", dutch.path, *files, "--subtract-controls", "-q"]).code == 0
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=8000", "--dump-dom"]
    done = subprocess.run(
        [str(CHROMIUM), *options, (tmp_path / "r.html").as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    lede = re.search(r'id="lede">(.*?)</p>', done.stdout)[1]
    assert lede.startswith("Of 8 reads (4 distinct sequences), ")
    assert "Beside these, 2 records were skipped (2 no sequence)." in lede
    assert "before the subtraction of negative controls" in lede
    note = re.search(r'id="subtraction">(.*?)</p>', done.stdout)[1]
    assert note.startswith(
        "4 reads of 4 features subtracted, as negative controls have them. Samples and the table of taxa show"
    )


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_specimens_whose_names_differ_are_found_on_the_page(run, dutch, tmp_path: Path) -> None:
    header, *rows = [line.split("\t") for line in (ROOT / "data" / "library.tsv").read_text().splitlines()]
    species, bases = header.index("species"), header.index("nuc")
    lines = [f"s{n}\t{row[species]}\t{row[bases]}" for n, row in enumerate(rows[:9])]
    (tmp_path / "told.tsv").write_text("\n".join(["id\tspecies\tnuc", *lines, f"odd\tHomo sapiens\t{rows[0][bases]}"]))
    (tmp_path / "plain.tsv").write_text(f"id\tnuc\nplain\t{rows[0][bases]}\n")
    choose = """<script>addEventListener("load", () => {
      const own = document.getElementById("own");
      own.value = "other_";
      own.dispatchEvent(new Event("change"));
    });</script>"""
    shown = {}
    for name in ("told", "plain"):
        page = tmp_path / f"{name}.html"
        files = ["-o", tmp_path / f"{name}.calls.tsv", "--report", page, "-q"]
        assert run(["classify", tmp_path / f"{name}.tsv", "--library", dutch.path, *files]).code == 0
        text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text())
        page.write_text(text.replace("</body>", choose + "</body>") if name == "told" else text)
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=8000", "--dump-dom"]
        command = [str(CHROMIUM), *options, page.as_uri()]
        shown[name] = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    lede = re.search(r'id="lede">(.*?)</p>', shown["told"])[1]
    assert lede.endswith(" 10 have a name already; 1 of these differs from the call.")
    (row,) = re.findall(r"<tr>(.*?)</tr>", re.search(r'<tbody id="body">(.*?)</tbody>', shown["told"])[1])
    assert re.findall(r"odd|>Homo sapiens<|>other genus<", row) == ["odd", ">Homo sapiens<", ">other genus<"]
    head = re.search(r'<tr id="head">(.*?)</tr>', shown["plain"])[1]
    assert not re.search("Own name|Agreement", head)
    assert 'id="own-choice" hidden' in shown["plain"]
