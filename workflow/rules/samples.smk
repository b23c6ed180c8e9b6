"""Settings with their defaults, and the table of samples."""

import csv
from pathlib import Path

RESULTS = config.get("results", "results")
REFERENCES = config.get("references", "references.tsv")
# Built from packaging/Dockerfile: it has VSEARCH and MultiQC as well. A file.sif of Apptainer will do, too.
IMAGE = config.get("image", "docker://barcodeembed:latest")
MULTIQC_PAGE = f"{RESULTS}/multiqc.html" if config.get("multiqc", True) in (True, "true", "yes") else []

# Beside taxa.tsv: taxa.biom (biom-format has to be there), samples.h5ad (anndata).
MORE_TABLES = [name for name, asked in (("taxa.biom", "biom"), ("samples.h5ad", "anndata")) if config.get(asked)]


def read_samples(path):
    """Files of reads by sample, from a table with the columns sample and reads; a sample may have several rows."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    if not rows or not {"sample", "reads"} <= rows[0].keys():
        raise WorkflowError(
            f"{path}: give a table with a header line and the columns 'sample' and 'reads', separated by tabs"
        )
    found = {}
    for row in rows:
        found.setdefault(row["sample"], []).append(row["reads"])
    return found


def calls_of_parts(wildcards):
    """Calls of all parts of a sample, in their order; known when the sample has been split."""
    folder = checkpoints.split.get(sample=wildcards.sample).output[0]
    parts = sorted(glob_wildcards(f"{folder}/{wildcards.sample}.part-{{part}}.fasta").part)
    return expand(f"{RESULTS}/part-calls/{wildcards.sample}/{{part}}.tsv", part=parts)


SAMPLES = read_samples(config.get("samples", "samples.tsv"))


wildcard_constraints:
    sample="|".join(map(re.escape, SAMPLES)),
    part=r"\d+",
