"""References become a library, and are looked at once."""


rule library:
    input:
        REFERENCES,
    output:
        directory(f"{RESULTS}/library.barcodelib"),
    log:
        f"{RESULTS}/logs/library.log",
    benchmark:
        f"{RESULTS}/benchmarks/library.tsv"
    params:
        options=config.get("index_options", ""),
    threads: config.get("threads", 4)
    resources:
        mem_mb=config.get("library_mem_mb", 8000),
        runtime=config.get("library_minutes", 240),
    conda:
        "../envs/barcodeembed.yaml"
    container:
        IMAGE
    shell:
        "barcodeembed index {input} -o {output} --force --threads {threads} {params.options} 2> {log}"


rule audit:
    input:
        f"{RESULTS}/library.barcodelib",
    output:
        suspects=f"{RESULTS}/suspects.tsv",
        grades=f"{RESULTS}/grades.tsv",
    log:
        f"{RESULTS}/logs/audit.log",
    benchmark:
        f"{RESULTS}/benchmarks/audit.tsv"
    threads: config.get("threads", 4)
    resources:
        mem_mb=4000,
        runtime=60,
    conda:
        "../envs/barcodeembed.yaml"
    container:
        IMAGE
    shell:
        "barcodeembed audit {input} -o {output.suspects} --grades {output.grades} --threads {threads} 2> {log}"
