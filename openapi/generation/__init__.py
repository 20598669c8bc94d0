"""Generation of values that satisfy a schema: deterministic for a seed, and small.

Examples of a document and whole requests do not belong here: `openapi.examples` prefers an example
where there is one. The validators decide whether a value is valid; nothing here repeats them.
"""
