"""HTTP server parts of mock server and webhook sink: limits, guard, JSON API, page assets.

They have nothing to do with OpenAPI. They are in this package because the top-level packages are
fixed and neighbours may not import each other. Routes of one of the servers belong to that server.
"""
