"""Contract loading, from a YAML or JSON file to a `Contract`: parse with positions, check, build.

Every error in a document is raised here, with file, line, column and JSON Pointer.
Lookups in a loaded contract belong in `openapi.contract`.
"""
