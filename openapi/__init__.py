"""OpenAPI contract: loading, lookup, validation, and values that several packages share.

A module belongs here if several packages need it and it imports none of them. `finding` and `rate`
are here because the other top-level packages may not import each other. A module that only one
package needs belongs in that package.
"""
