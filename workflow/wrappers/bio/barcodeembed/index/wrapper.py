"""Snakemake wrapper of ``barcodeembed index``."""

from snakemake.shell import shell

extra = snakemake.params.get("extra", "")  # noqa: F821
log = snakemake.log_fmt_shell(stdout=False, stderr=True)  # noqa: F821
named = dict(snakemake.input.items())  # noqa: F821
taxonomy = f"--taxonomy {named['taxonomy']}" if "taxonomy" in named else ""
references = [path for path in snakemake.input if path != named.get("taxonomy")]  # noqa: F821

shell(
    "barcodeembed index {references} {taxonomy} --output {snakemake.output[0]} --force"
    " --threads {snakemake.threads} {extra} {log}"
)
