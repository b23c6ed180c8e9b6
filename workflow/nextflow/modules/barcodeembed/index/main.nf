process BARCODEEMBED_INDEX {
    tag "$meta.id"
    label 'process_medium'

    conda "${moduleDir}/environment.yml"
    container "barcodeembed:0.16.0"

    input:
    tuple val(meta), path(references)
    path taxonomy

    output:
    tuple val(meta), path("${prefix}.barcodelib"), emit: library
    tuple val("${task.process}"), val('barcodeembed'), eval("barcodeembed --version | sed 's/.* //'"), topic: versions, emit: versions_barcodeembed

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    prefix = task.ext.prefix ?: "${meta.id}"
    def lineages = taxonomy ? "--taxonomy $taxonomy" : ''
    """
    barcodeembed index \\
        $references \\
        $lineages \\
        --output ${prefix}.barcodelib \\
        --threads $task.cpus \\
        $args
    """

    stub:
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    mkdir ${prefix}.barcodelib
    touch ${prefix}.barcodelib/manifest.json
    """
}
