"""Schemas: validation in the direction of a request or a response, formats, patterns.

Values that satisfy a schema are made in `openapi.generation`.
"""
