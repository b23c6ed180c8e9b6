"""Per sample: copies are counted and put together, distinct sequences named; then all samples together."""


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


rule classify:
    input:
        reads=f"{RESULTS}/unique/{{sample}}.fasta",
        library=f"{RESULTS}/library.barcodelib",
    output:
        calls=f"{RESULTS}/calls/{{sample}}.tsv",
        summary=f"{RESULTS}/summaries/{{sample}}.json",
        multiqc=f"{RESULTS}/multiqc/{{sample}}_mqc.tsv",
        report=report(f"{RESULTS}/reports/{{sample}}.html", category="Samples", labels={"sample": "{sample}"}),
    log:
        f"{RESULTS}/logs/classify/{{sample}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/classify/{{sample}}.tsv"
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
        "barcodeembed classify {input.reads:q} --library {input.library:q} -o {output.calls:q}"
        " --summary {output.summary:q} --multiqc {output.multiqc:q} --report {output.report:q}"
        " --allow-empty --force --threads {threads} {params.options} 2> {log:q}"


rule gather:
    input:
        expand(f"{RESULTS}/calls/{{sample}}.tsv", sample=SAMPLES),
    output:
        f"{RESULTS}/calls.tsv",
    log:
        f"{RESULTS}/logs/gather.log",
    conda:
        "../envs/vsearch.yaml"
    shell:
        "awk 'FNR > 1 || NR == 1' {input:q} > {output:q} 2> {log:q}"


rule multiqc:
    input:
        expand(f"{RESULTS}/multiqc/{{sample}}_mqc.tsv", sample=SAMPLES),
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
