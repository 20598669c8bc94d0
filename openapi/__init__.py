"""OpenAPI contract: loading, lookup, validation, and values that several packages share.

A module belongs here if several packages need it and it depends on none of them: the top-level
packages are fixed and neighbours may not import each other, so `finding` and `rate` are here.
A module that only one package needs belongs in that package.
"""
