# Validated and run by cwltool (tests/packaging), without a container.
cwlVersion: v1.2
class: CommandLineTool
label: barcodeembed classify
doc: Name barcodes by reference libraries, with probabilities and evidence.
baseCommand: [barcodeembed, classify]
hints:
  DockerRequirement:
    dockerPull: barcodeembed:latest
  ResourceRequirement:
    coresMin: 1
    ramMin: 4000
inputs:
  reads:
    type: File[]
    doc: FASTA, FASTQ or tables.
    inputBinding: {position: 10}
  library:
    type:
      type: array
      items: Directory
      inputBinding: {prefix: --library}
    doc: Libraries of 'index'.
  format:
    type:
      - "null"
      - type: enum
        symbols: [tsv, qiime2, sintax, krona]
    doc: Form of the calls.
    inputBinding: {prefix: --format}
  min_confidence:
    type: string?
    doc: "Least probability: 0.9, or by rank, species=0.9,genus=0.7."
    inputBinding: {prefix: --min-confidence}
arguments:
  - {prefix: --threads, valueFrom: $(runtime.cores)}
  - {prefix: --output, valueFrom: calls.tsv}
  - {prefix: --summary, valueFrom: summary.json}
  - {prefix: --report, valueFrom: report.html}
outputs:
  calls:
    type: File
    outputBinding: {glob: calls.tsv}
  summary:
    type: File
    outputBinding: {glob: summary.json}
  report:
    type: File
    outputBinding: {glob: report.html}
