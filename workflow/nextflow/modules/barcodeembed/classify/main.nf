process BARCODEEMBED_CLASSIFY {
    tag "$meta.id"
    label 'process_medium'

    conda "${moduleDir}/environment.yml"
    container "barcodeembed:0.16.0"

    input:
    tuple val(meta), path(reads)
    tuple val(meta2), path(library)

    output:
    tuple val(meta), path("${prefix}.tsv")     , emit: calls
    tuple val(meta), path("${prefix}.json")    , emit: summary
    tuple val(meta), path("${prefix}_mqc.tsv") , emit: multiqc
    tuple val(meta), path("${prefix}.html")    , emit: report
    tuple val("${task.process}"), val('barcodeembed'), eval("barcodeembed --version | sed 's/.* //'"), topic: versions, emit: versions_barcodeembed

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    barcodeembed classify \\
        $reads \\
        --library $library \\
        --output ${prefix}.tsv \\
        --summary ${prefix}.json \\
        --multiqc ${prefix}_mqc.tsv \\
        --report ${prefix}.html \\
        --threads $task.cpus \\
        $args
    """

    stub:
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    touch ${prefix}.tsv ${prefix}.json ${prefix}_mqc.tsv ${prefix}.html
    """
}
