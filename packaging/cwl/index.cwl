# Validated and run by cwltool (tests/packaging), without a container.
cwlVersion: v1.2
class: CommandLineTool
label: barcodeembed index
doc: Make a calibrated reference library of labelled barcodes.
baseCommand: [barcodeembed, index]
hints:
  DockerRequirement:
    dockerPull: barcodeembed:latest
  ResourceRequirement:
    coresMin: 1
    ramMin: 4000
inputs:
  references:
    type: File[]
    doc: Labelled tables, FASTA or FASTQ.
    inputBinding: {position: 10}
  taxonomy:
    type: File?
    doc: Lineages by id, where the references have none.
    inputBinding: {prefix: --taxonomy}
  taxon:
    type:
      - "null"
      - type: array
        items: string
        inputBinding: {prefix: --taxon}
    doc: Of these taxa only.
  country:
    type:
      - "null"
      - type: array
        items: string
        inputBinding: {prefix: --country}
    doc: From these countries only.
  require:
    type: string?
    doc: With a name at this rank only.
    inputBinding: {prefix: --require}
  max_per_species:
    type: int?
    doc: The first so many of a species.
    inputBinding: {prefix: --max-per-species}
  dereplicate:
    type: boolean?
    doc: One of those that are equal in barcode and names.
    inputBinding: {prefix: --dereplicate}
  model:
    type: string?
    doc: Name of the model.
    inputBinding: {prefix: --model}
  name:
    type: string
    default: library.barcodelib
    doc: Name of the library.
    inputBinding: {prefix: --output}
arguments:
  - prefix: --threads
    valueFrom: $(runtime.cores)
outputs:
  library:
    type: Directory
    outputBinding: {glob: $(inputs.name)}
