"""Snakemake wrapper of ``barcodeembed embed``."""

from snakemake.shell import shell

extra = snakemake.params.get("extra", "")  # noqa: F821
log = snakemake.log_fmt_shell(stdout=False, stderr=True)  # noqa: F821

shell(
    "barcodeembed embed {snakemake.input} --output {snakemake.output[0]} --force"
    " --threads {snakemake.threads} {extra} {log}"
)
