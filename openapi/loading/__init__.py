"""From a YAML or JSON file to a `Contract`: parse with positions, check, build.

Every refusal of a document is raised here, with file, line, column and JSON pointer.
What a loaded contract says belongs in `openapi.contract`.
"""
