"""Lint: rules about an OpenAPI document, and the complaints that they find in it.

A rule is a pure function of the document; `rules` lists all of them. `openapi.loading` finds the
faults that leave out a part of the contract, and reports belong in `hookproof.reports`.
"""
