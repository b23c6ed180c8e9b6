process BARCODEEMBED_EMBED {
    tag "$meta.id"
    label 'process_medium'

    conda "${moduleDir}/environment.yml"
    container "barcodeembed:0.16.0"

    input:
    tuple val(meta), path(reads)

    output:
    tuple val(meta), path("${prefix}.h5"), emit: h5
    tuple val("${task.process}"), val('barcodeembed'), eval("barcodeembed --version | sed 's/.* //'"), topic: versions, emit: versions_barcodeembed

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    barcodeembed embed \\
        $reads \\
        --output ${prefix}.h5 \\
        --threads $task.cpus \\
        $args
    """

    stub:
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    touch ${prefix}.h5
    """
}
