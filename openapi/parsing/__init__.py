"""Parsing of JSON and YAML: plain data with the line and column of each value.

What the data means belongs elsewhere: a contract in `openapi.loading`, an overlay in
`openapi.overlays`.
"""
