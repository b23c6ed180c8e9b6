"""Per sample: copies are put together, distinct sequences named, in parts where there are many; then all samples."""


rule dereplicate:
    input:
        lambda wildcards: SAMPLES[wildcards.sample],
    output:
        f"{RESULTS}/unique/{{sample}}.fasta",
    log:
        f"{RESULTS}/logs/dereplicate/{{sample}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/dereplicate/{{sample}}.tsv"
    params:
        least=config.get("min_copies", 1),
    resources:
        mem_mb=4000,
        runtime=60,
    conda:
        "../envs/vsearch.yaml"
    container:
        IMAGE
    shell:
        "(for file in {input:q}; do gzip -cdf \"$file\"; done"
        " | vsearch --fastx_uniques - --sizeout --minuniquesize {params.least} --fastaout {output:q}) 2> {log:q}"


checkpoint split:
    input:
        f"{RESULTS}/unique/{{sample}}.fasta",
    output:
        temp(directory(f"{RESULTS}/parts/{{sample}}")),
    log:
        f"{RESULTS}/logs/split/{{sample}}.log",
    params:
        records=config.get("part_records", 200000),
        # A sample without a read (a negative control) has one part, which is empty.
        empty=lambda wildcards, output: f"{output[0]}/{wildcards.sample}.part-001.fasta",
    resources:
        mem_mb=1000,
        runtime=60,
    conda:
        "../envs/barcodeembed.yaml"
    container:
        IMAGE
    shell:
        "mkdir -p {output:q};"
        " if [ -s {input:q} ]; then barcodeembed split {input:q} --records {params.records} -o {output:q};"
        " else cp {input:q} {params.empty:q}; fi 2> {log:q}"


rule classify:
    input:
        reads=f"{RESULTS}/parts/{{sample}}/{{sample}}.part-{{part}}.fasta",
        library=f"{RESULTS}/library.barcodelib",
    output:
        f"{RESULTS}/part-calls/{{sample}}/{{part}}.tsv",
    log:
        f"{RESULTS}/logs/classify/{{sample}}/{{part}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/classify/{{sample}}/{{part}}.tsv"
    params:
        options=config.get("classify_options", ""),
    threads: config.get("threads", 4)
    resources:
        mem_mb=config.get("classify_mem_mb", 4000),
        runtime=config.get("classify_minutes", 240),
    conda:
        "../envs/barcodeembed.yaml"
    container:
        IMAGE
    shell:
        "barcodeembed classify {input.reads:q} --library {input.library:q} -o {output:q}"
        " --allow-empty --force --threads {threads} {params.options} 2> {log:q}"


rule merge_sample:
    input:
        calls_of_parts,
    output:
        calls=f"{RESULTS}/calls/{{sample}}.tsv",
        summary=f"{RESULTS}/summaries/{{sample}}.json",
        report=report(f"{RESULTS}/reports/{{sample}}.html", category="Samples", labels={"sample": "{sample}"}),
    log:
        f"{RESULTS}/logs/merge/{{sample}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/merge/{{sample}}.tsv"
    resources:
        mem_mb=4000,
        runtime=60,
    conda:
        "../envs/barcodeembed.yaml"
    container:
        IMAGE
    shell:
        "barcodeembed merge {input:q} -o {output.calls:q} --summary {output.summary:q} --report {output.report:q}"
        " --force 2> {log:q}"


rule merge:
    input:
        expand(f"{RESULTS}/calls/{{sample}}.tsv", sample=SAMPLES),
    output:
        calls=f"{RESULTS}/calls.tsv",
        table=f"{RESULTS}/taxa.tsv",
        summary=f"{RESULTS}/summary.json",
        report=report(f"{RESULTS}/report.html", category="All samples"),
        multiqc=directory(f"{RESULTS}/multiqc"),
        more=[f"{RESULTS}/{name}" for name in MORE_TABLES],
    log:
        f"{RESULTS}/logs/merge.log",
    benchmark:
        f"{RESULTS}/benchmarks/merge.tsv"
    params:
        options=config.get("merge_options", ""),
        more=" ".join(f"--{Path(name).suffix[1:].replace('h5ad', 'anndata')} {RESULTS}/{name}" for name in MORE_TABLES),
    resources:
        mem_mb=8000,
        runtime=120,
    conda:
        "../envs/barcodeembed.yaml"
    container:
        IMAGE
    shell:
        "mkdir -p {output.multiqc:q} &&"
        " barcodeembed merge {input:q} -o {output.calls:q} --table {output.table:q} --summary {output.summary:q}"
        " --report {output.report:q} --multiqc {output.multiqc:q} {params.more} --force {params.options} 2> {log:q}"


rule multiqc:
    input:
        f"{RESULTS}/multiqc",
    output:
        f"{RESULTS}/multiqc.html",
    log:
        f"{RESULTS}/logs/multiqc.log",
    benchmark:
        f"{RESULTS}/benchmarks/multiqc.tsv"
    params:
        folder=lambda wildcards, output: os.path.dirname(output[0]),
        name=lambda wildcards, output: os.path.basename(output[0]),
    resources:
        mem_mb=2000,
        runtime=30,
    conda:
        "../envs/multiqc.yaml"
    container:
        IMAGE
    shell:
        "multiqc --force --no-data-dir --outdir {params.folder:q} --filename {params.name:q} {input:q} > {log:q} 2>&1"
