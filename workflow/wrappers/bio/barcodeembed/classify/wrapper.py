"""Snakemake wrapper of ``barcodeembed classify``."""

from snakemake.shell import shell

extra = snakemake.params.get("extra", "")  # noqa: F821
log = snakemake.log_fmt_shell(stdout=False, stderr=True)  # noqa: F821
library = snakemake.input.library  # noqa: F821
libraries = " ".join(f"--library {path}" for path in ([library] if isinstance(library, str) else library))
others = " ".join(f"--{name} {path}" for name, path in snakemake.output.items() if name != "calls")  # noqa: F821

shell(
    "barcodeembed classify {snakemake.input.reads} {libraries} --output {snakemake.output.calls} {others} --force"
    " --threads {snakemake.threads} {extra} {log}"
)
