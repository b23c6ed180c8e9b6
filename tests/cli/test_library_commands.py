"""index, classify and audit from the command line: files, streams, exit codes."""

import gzip
import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from barcodeembed.cli.call_summary import say_summary
from barcodeembed.cli.console import Console, use_console
from barcodeembed.workflows.tables.summary import CallSummary
from tests.waits import TIMEOUT

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "data" / "library.tsv"
READS = ROOT / "data" / "reads.fasta"


@pytest.fixture(scope="session")
def made(dutch) -> Path:
    return dutch.path


@pytest.fixture
def mine(made: Path, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    return Path(shutil.copytree(made, tmp_path / "mine.barcodelib"))


def test_index_tells_what_it_kept(dutch) -> None:
    err = dutch.said
    assert "kept              282" in err
    assert "species 282 (176)" in err
    assert "calibrated on the library itself at 130 bp, 200 bp, 313 bp, 658 bp" in err
    species, genus = re.search(
        r"a name from this probability on: species (0\.\d\d), genus (0\.\d\d), family", err
    ).groups()
    models = json.loads((dutch.path / "calibration.json").read_text())["models"]["identity"]["658"]
    assert (float(species), float(genus)) == pytest.approx(
        (models["species"]["threshold"], models["genus"]["threshold"]), abs=0.005
    )
    assert "hardly tested with missing taxa (fewer than 20 examples): phylum; " in err
    assert "282 references x 256, index Flat" in err
    assert sorted(path.name for path in dutch.path.parent.iterdir()) == [dutch.path.name]


def test_calls_are_the_golden_ones(run, golden, made: Path) -> None:
    code, out, err = run(["classify", READS, "--library", made, "-q"])
    assert (code, err) == (0, "")
    columns = (
        "query_id",
        "status",
        "verdict",
        "taxon",
        "rank",
        "nearest_id",
        "identity",
        "overlap",
        "bin",
        "candidates",
    )
    header, *rows = [line.split("\t") for line in out.splitlines()]
    places = [header.index(column) for column in columns]
    golden("classify-kmer4.tsv", "".join("\t".join(row[i] for i in places) + "\n" for row in [header, *rows]))


def test_files_beside_the_calls(run, made: Path, tmp_path: Path) -> None:
    others = [
        f"--{name}={tmp_path / file}"
        for name, file in {
            "summary": "s.json",
            "multiqc": "x_mqc.tsv",
            "report": "r.html",
            "manifest": "m.json",
        }.items()
    ]
    code, out, err = run(["classify", READS, "--library", made, "-o", tmp_path / "calls.tsv.gz", *others])
    assert (code, out) == (0, "")
    assert "rejected            3  (not_coi 1, too_ambiguous 1, too_short 1)" in err
    rows = gzip.decompress((tmp_path / "calls.tsv.gz").read_bytes()).decode().splitlines()
    assert len(rows) == 99
    assert json.loads((tmp_path / "s.json").read_text())["queries"] == 98
    manifest = json.loads((tmp_path / "m.json").read_text())
    assert manifest["libraries"][0]["licence"] == "Apache-2.0"
    assert len(manifest["outputs"]) == 4
    assert (manifest["options"]["genetic_code"], manifest["options"]["reject_pseudogenes"]) == (0, False)
    assert "</html>" in (tmp_path / "r.html").read_text()
    assert '"x"' in (tmp_path / "x_mqc.tsv").read_text()
    assert run(["classify", READS, "--library", made, "-o", tmp_path / "calls.tsv.gz"]).code == 2


def test_the_report_says_how_it_was_made(run, made: Path, tmp_path: Path) -> None:
    options = ["--min-confidence", "species=0.95,order=0.5", "--min-length", "120", "--reject-pseudogenes"]
    page = tmp_path / "r.html"
    assert run(["classify", READS, "--library", made, "-o", tmp_path / "c", "--report", page, *options]).code == 0
    data = json.loads(re.search(r'id="data">(.*?)</script>', page.read_text(), re.DOTALL)[1])
    facts = dict(data["facts"])
    own = json.loads((made / "calibration.json").read_text())["models"]["identity"]["658"]
    needed = f"species 0.95, genus {own['genus']['threshold']:.2f}, family {own['family']['threshold']:.2f}, order 0.50"
    assert facts[f"names by {made.stem}"] == f"from a probability of {needed} (whole barcodes)"
    assert facts["settings"] == "reject pseudogenes, min length 120, max ambiguous 0.1"
    assert {"model", "program", f"library {made.stem}"} < facts.keys()


def test_the_report_names_two_libraries_of_one_name(run, made: Path, tmp_path: Path) -> None:
    other, page = tmp_path / "other" / made.name, tmp_path / "r.html"
    shutil.copytree(made, other)
    libraries = ["--library", made, "--library", other]
    assert run(["classify", READS, *libraries, "-o", tmp_path / "c", "--report", page]).code == 0
    data = json.loads(re.search(r'id="data">(.*?)</script>', page.read_text(), re.DOTALL)[1])
    facts = dict(data["facts"])
    assert {f"library {made.stem}", f"library {made.stem} (2)", f"names by {made.stem} (2)"} < facts.keys()


def test_a_chimera_is_flagged_and_not_passed_off_as_new(run, made: Path, tmp_path: Path) -> None:
    rows = [line.split("\t") for line in LIBRARY.read_text().splitlines()]
    family, nuc = rows[0].index("family"), rows[0].index("nuc")
    whole = {row[family]: row[nuc] for row in rows[1:] if len(row[nuc]) == 658}
    one, other = list(whole.values())[:2]
    (tmp_path / "reads.fasta").write_text(f">joined\n{one[:329]}{other[329:]}\n>whole\n{one}\n")
    code, out, err = run(["classify", tmp_path / "reads.fasta", "--library", made, f"--summary={tmp_path / 's.json'}"])
    assert code == 0
    header, *calls = [line.split("\t") for line in out.splitlines()]
    assert [call[header.index("flags")] for call in calls] == ["chimera", ""]
    summary = json.loads((tmp_path / "s.json").read_text())
    assert summary["flags"]["chimera"] == 1
    new = calls[0][header.index("verdict")].startswith("new_")
    assert summary["new_but_broken"] == new
    assert ("1 of those called new is flagged chimera" in err) == new


def test_a_negative_control_may_be_empty(run, made: Path, tmp_path: Path) -> None:
    (control := tmp_path / "control.fasta").touch()
    files = [f"--{name}={tmp_path / name}{end}" for name, end in (("summary", ""), ("report", ".html"))]
    code, out, err = run(["classify", control, "--library", made])
    assert (code, out) == (3, "")
    assert "the file is empty; --allow-empty accepts an empty file" in err
    code, out, err = run(["classify", control, "--library", made, "--allow-empty", *files])
    assert code == 0
    assert out.startswith("query_id\tstatus\t")
    assert out.count("\n") == 1
    assert "not a single sequence in the input" in err
    assert json.loads((tmp_path / "summary").read_text())["queries"] == 0
    assert len(run(["classify", control, READS, "--library", made, "--allow-empty"]).out.splitlines()) == 99
    code, _, err = run(["classify", READS, "--library", made, "--multiqc", tmp_path / "counts.txt"])
    assert code == 2
    assert "SAMPLE_mqc.tsv" in err


def test_limits_as_embed_has_them(run, made: Path, tmp_path: Path) -> None:
    header, first, *_ = LIBRARY.read_text().splitlines()
    sequence = first.split("\t")[header.split("\t").index("nuc")]
    (tmp_path / "reads.fasta").write_text(
        f">n\n{sequence[:200]}{'N' * 100}{sequence[300:]}\n>short\n{sequence[100:190]}\n"
    )

    def statuses(*options: str) -> list[str]:
        out = run(["classify", tmp_path / "reads.fasta", "--library", made, *options]).out
        return [line.split("\t")[1] for line in out.splitlines()[1:]]

    assert statuses() == ["too_ambiguous", "too_short"]
    assert statuses("--max-ambiguous=0.3", "--min-length=80") == ["ok", "ok"]


@pytest.mark.parametrize("format", ["tsv", "qiime2", "sintax", "jsonl"])
def test_standard_input_gives_what_the_file_gives(run, made: Path, format: str) -> None:
    from_file = run(["classify", READS, "--library", made, "--format", format, "-q"])
    from_stream = run(["classify", "-", "--library", made, "--format", format, "-q"], stdin=READS.read_bytes())
    # The sample is named by the file.
    unnamed = from_stream.out.replace("\tstdin\t", "\treads\t").replace('"stdin"', '"reads"')
    assert from_file == from_stream._replace(out=unnamed)
    assert len(from_file.out.splitlines()) in (98, 99)


@pytest.mark.slow
def test_add_and_remove(run, mine: Path, tmp_path: Path) -> None:
    first = LIBRARY.read_text().splitlines()[:3]
    id = first[1].split("\t")[0]
    code, _, err = run(["index", "-o", mine, "--remove", id])
    assert (code, "removed             1  (of the library's references" in err) == (0, True)
    assert json.loads((mine / "manifest.json").read_text())["references"] == 281
    code, _, err = run(["index", "-o", mine, "--remove", id])
    assert code == 2
    assert f"has no reference '{id}'" in err
    (tmp_path / "new.tsv").write_text("\n".join(first[:2]) + "\n")
    code, _, err = run(["index", tmp_path / "new.tsv", "-o", mine, "--add", "--licence", "CC0"])
    assert (code, "source of the library: still 'Naturalis'; --source, given with --add, adds another" in err) == (
        0,
        True,
    )
    manifest = json.loads((mine / "manifest.json").read_text())
    assert manifest["references"] == 282
    assert (manifest["licence"], manifest["source"]) == ("Apache-2.0; CC0", "Naturalis")
    # The same record again is counted, one that differs is an error.
    code, _, err = run(["index", tmp_path / "new.tsv", "-o", mine, "--add"])
    assert code == 0
    assert "repeated_record 1" in err
    assert json.loads((mine / "manifest.json").read_text())["references"] == 282
    (tmp_path / "new.tsv").write_text("\n".join(first[:2]).replace("Hydryphantes", "Piona") + "\n")
    code, _, err = run(["index", tmp_path / "new.tsv", "-o", mine, "--add"])
    assert code == 2
    assert f"1 references have ids that library mine has for other barcodes or other names, the first is '{id}'" in err


@pytest.mark.skipif(sys.platform != "linux", reason="uses setpriv where the tests run as root")
def test_a_library_that_may_not_be_written(run_program, unprivileged, mine: Path) -> None:
    id = LIBRARY.read_text().splitlines()[1].split("\t")[0]
    (mine / "more").mkdir(mode=0o555)
    mine.chmod(0o555)
    program = run_program(["index", "-o", mine, "--remove", id], prefix=unprivileged)
    _, err = program.communicate(timeout=TIMEOUT)
    assert err.decode().endswith(f"{mine} is read-only for you: let it be written (chmod u+w), or give another name\n")
    assert (program.returncode, [path.name for path in mine.parent.iterdir()]) == (1, [mine.name])
    mine.chmod(0o755)


def test_the_librarys_own_model_is_used_and_another_is_refused(run, made: Path) -> None:
    code, out, err = run(["classify", READS, "--library", made, "--model", "kmer5"])
    assert (code, out) == (4, "")
    assert err.count("\n") == 1
    assert "kmer4" in err
    assert "kmer5" in err


@pytest.mark.slow
def test_a_library_of_a_model_file_needs_the_file(run, mine: Path) -> None:
    manifest = mine / "manifest.json"
    facts = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**facts, "model": "mine"}))
    id = LIBRARY.read_text().splitlines()[1].split("\t")[0]
    for command in (["classify", READS, "--library", mine], ["index", "-o", mine, "--remove", id]):
        code, out, err = run(command)
        made = f"was made with model mine ({facts['model_fingerprint']}), which is not known by that name"
        assert (code, out, f"{made}: give its file with --model FILE" in err) == (3, "", True), err
        code, _, err = run([*command, "--model", "nothing"])
        assert (code, "or one of coi-mae-labels-v7, default, kmer4, kmer5, kmer6 (" in err) == (3, True), err
        assert run([*command, "--model", "kmer5"]).code == 4
        assert run([*command, "--model", "kmer4", "-q"]).code == 0
    assert json.loads(manifest.read_text())["model"] == "mine"


def test_what_the_summary_counts_adds_up(capsys: pytest.CaptureFixture[str]) -> None:
    counted = CallSummary(reads=11, queries=11)
    counted.status.update({"ok": 10, "too_short": 1})
    counted.verdict.update({"named": 5, "unplaced": 5})
    counted.rank.update({"genus": 6, "": 4})
    counted.skipped["other_marker"] = 1
    use_console(Console())
    say_summary(counted)
    lines = [line.split("  (")[0].rsplit(maxsplit=1) for line in capsys.readouterr().err.splitlines()]
    n = {words.strip(): int(number) for words, number in lines}
    assert n["with a taxon"] + n["without a taxon"] == n["Named"] + n["Unplaced"] == 10
    assert n["read"] == n["with a taxon"] + n["without a taxon"] + n["rejected"]


def edited(path: Path) -> None:
    (path / "calibration.json").write_text("{}")


def cut(path: Path) -> None:
    with (path / "records.h5").open("r+b") as file:
        file.truncate(1000)


def test_a_library_cannot_choose_a_file_to_be_read_as_model(run, mine: Path, tmp_path: Path) -> None:
    manifest = json.loads((mine / "manifest.json").read_text())
    (tmp_path / "any.txt").write_text("private")
    (mine / "manifest.json").write_text(json.dumps(manifest | {"model": str(tmp_path / "any.txt")}))
    code, _, err = run(["classify", READS, "--library", mine])
    assert code == 3
    assert "which is not known by that name: give its file with --model FILE" in " ".join(err.split())


@pytest.mark.parametrize("damage", [edited, cut])
@pytest.mark.parametrize("command", ["classify", "audit"])
def test_a_damaged_library(run, mine: Path, damage, command: str) -> None:
    damage(mine)
    arguments = ["audit", mine] if command == "audit" else ["classify", READS, "--library", mine]
    code, out, err = run(arguments)
    assert (code, out) == (3, "")
    assert err.count("\n") == 1
    assert "make the library again" in err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["classify", READS, "--library", "none.barcodelib"], 3, "no such library"),
        (["classify", READS, "--library", LIBRARY], 3, "this is a file, not a library; give the folder that"),
        (["classify", "MADE", "--library", READS], 2, "they are swapped; give classify"),
        (["classify", "https://a.b/c.fasta", "--library", "MADE"], 3, "nothing is fetched: download it"),
        (
            ["classify", READS, "--library", "MADE", "--min-confidence", "0,9"],
            2,
            "such as 0.9 or species=0.95,genus=0.8",
        ),
        (["classify", READS, "--library", "MADE", "--format", "xml"], 2, "'xml' is not one of tsv,"),
        (["classify", READS, "--library", "MADE", "--min-confidence", "tribe=1"], 2, "'tribe' is not a rank"),
        (["classify", READS, "--library", "MADE", "--summary", "-"], 2, "standard output"),
        (
            ["classify", READS, "--library", "MADE", "--min-confidence", "95"],
            2,
            "95 is not between 0 and 1: did you mean 0.95?",
        ),
        (["classify", READS, "--library", "MADE", "--min-confidence", "95%"], 2, "write 95 % as 0.95"),
        (
            ["classify", READS, "--library", "MADE", "-o", "c", "--table", "c"],
            2,
            "two outputs are c: give each its own",
        ),
        (
            ["classify", "MADE", "--library", "MADE"],
            3,
            "this is a reference library, not a file of sequences; classify takes it as --library",
        ),
        (
            ["index", "-o", "MADE", "--remove", READS],
            2,
            f"no reference has this id, but there is such a file: @{READS} takes",
        ),
        (["classify", "none.fasta", "--library", "MADE"], 3, "none.fasta"),
        (["index", LIBRARY, "-o", "MADE"], 2, "--force"),
        (["index", LIBRARY, "-o", "new.barcodelib", "--add"], 2, "does not exist"),
        (["index", "-o", "new.barcodelib"], 2, "give the labelled sequences"),
        (["index", READS, "-o", "new.barcodelib", "--model", "kmer4"], 3, "references need names"),
        (["index", LIBRARY, "-o", "new.barcodelib", "--model", "kmer4", "--index", "tree"], 2, "--index tree"),
        (["index", LIBRARY, "-o", "new.barcodelib", "--model", "kmer4", "--index", "HNSW0"], 2, "--index HNSW0"),
        (["index", LIBRARY, "-o", "no/such/new.barcodelib", "--model", "kmer4"], 2, "does not exist"),
    ],
)
def test_wrong_calls_are_one_line(
    run,
    made: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str | Path],
    code: int,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run([made if argument == "MADE" else argument for argument in arguments] + ["-q"])
    assert (result.code, result.out) == (code, "")
    assert result.err.count("\n") == 1
    assert message in result.err
    assert list(tmp_path.iterdir()) == []


def test_failed_calls_leave_no_file(run, made: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.fasta.gz").write_bytes(gzip.compress(READS.read_bytes())[:-200])
    code, _, err = run(["classify", tmp_path / "cut.fasta.gz", "--library", made, "-o", tmp_path / "calls.tsv"])
    assert code == 3
    assert err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["cut.fasta.gz"]


def test_audit_writes_its_tables(run, made: Path, tmp_path: Path) -> None:
    code, out, err = run(["audit", made, "--grades", tmp_path / "g.tsv", "--shared", tmp_path / "s.tsv"])
    assert code == 0
    assert out.startswith("id\trank\tname\tsuggested\t")
    assert len((tmp_path / "g.tsv").read_text().splitlines()) == 177
    assert (tmp_path / "s.tsv").read_text().startswith("species\tids\n")
    assert "shared barcodes     0  each of which several species have" in err
    assert "grade D           135" in err


@pytest.mark.parametrize(
    ("name", "form", "code"),
    [
        ("calls.parquet", "tsv", 2),
        ("calls.xlsx", "tsv", 2),
        ("calls.csv.gz", "qiime2", 2),
        ("calls.tsv", "jsonl", 2),
        ("calls.jsonl.gz", "jsonl", 0),
        ("calls.dat", "krona", 0),
        ("calls", "sintax", 0),
    ],
)
def test_calls_are_written_under_no_other_kind_of_name(
    run, made: Path, tmp_path: Path, name: str, form: str, code: int
) -> None:
    got = run(["classify", READS, "--library", made, "-o", tmp_path / name, "--format", form])
    assert got.code == code
    assert (tmp_path / name).exists() is (code == 0)
    if code:
        assert f"the format '{form}' is not written as" in got.err


def test_index_takes_what_is_asked_for_and_counts_the_rest(run, tmp_path: Path) -> None:
    lines = LIBRARY.read_text().splitlines()
    places = ["Netherlands\tUtrecht", "netherlands\tDrenthe", "Belgium\tAntwerpen", "\t"]
    rows = [f"{line}\t{places[i % 4]}" for i, line in enumerate(lines[1:])]
    table = tmp_path / "bold.tsv"
    table.write_text(
        "\n".join([f"{lines[0]}\tcountry/ocean\tprovince/state", *rows, rows[0].replace("NL", "XX", 1)]) + "\n"
    )
    (tmp_path / "ids.txt").write_text("NLACA011-15\nNOT_THERE\n")
    (tmp_path / "benelux.txt").write_text("Netherlands\nBelgium\nLuxembourg\n")
    asked = [
        "--taxon",
        "Arachnida",
        "--country",
        f"@{tmp_path / 'benelux.txt'}",
        "--exclude",
        f"@{tmp_path / 'ids.txt'}",
    ]
    asked += [
        "--max-per-species",
        "1",
        "--require",
        "species",
        "--dereplicate",
        "--region",
        "Utrecht",
        "--region",
        "Drenthe",
    ]
    path = tmp_path / "spiders.barcodelib"
    code, _, err = run(["index", table, "-o", path, "--model", "kmer4", *asked])
    assert code == 0
    assert "warning: no record has --country Luxembourg, --exclude NOT_THERE" in err
    counts = json.loads((path / "manifest.json").read_text())["counts"]
    arachnids = [i for i, line in enumerate(lines[1:]) if "\tArachnida\t" in line]
    kept = [i for i in arachnids if i % 4 < 2 and "NLACA011-15" not in lines[i + 1]]
    species = lines[0].split("\t").index("species")
    assert counts["kept"] == len({rows[i].split("\t")[species] for i in kept})
    assert counts["read"] == counts["kept"] + sum(counts["dropped"].values()) == 283
    assert counts["dropped"]["excluded"] == 1
    assert counts["dropped"]["other_taxon"] == 282 - len(arachnids)
    assert counts["dropped"]["no_country"] == sum(i % 4 == 3 for i in arachnids)
    assert counts["dropped"]["other_region"] == sum(i % 4 == 2 for i in arachnids)
    assert counts["selection"]["excluded_ids"] == 2
    code, _, err = run(["index", table, "-o", tmp_path / "none.barcodelib", "--model", "kmer4", "--taxon", "Aranea"])
    assert code == 3
    assert "283 other_taxon" in err
    assert "no record has --taxon Aranea (did you mean 'Araneae'?): is it spelt as in the data?" in err
