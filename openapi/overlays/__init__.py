"""Overlays: changes to a document, stated beside it (OpenAPI Overlay Specification 1.0 and 1.1).

The result is a document with the place of each value, in the document or in an overlay. That it is
a contract is checked in `openapi.loading`.
"""
