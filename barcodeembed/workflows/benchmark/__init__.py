"""``barcodeembed benchmark``: three measurements, each a module that reads top down.

- :mod:`library` splits a labelled library (:mod:`splits`), asks every method (:mod:`methods`, one of them the program
  :mod:`nearest_worker`) the same queries, keeps their answers (:mod:`predictions`): :mod:`library_report`.
- :mod:`paper` makes the published partitions (:mod:`partitions`) and does the published steps on them
  (:mod:`paper_steps`); beside its figures stand those of others (:mod:`published`): :mod:`paper_report`.
- :mod:`objectives` trains and judges what one file asks for (:mod:`objectives_plan`): :mod:`objectives_report`.

All keep what is done (:mod:`folder`), embed alike (:mod:`vectors`), and write reports of the same parts
(:mod:`report_parts`).
"""
