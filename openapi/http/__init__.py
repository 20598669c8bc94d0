"""What mock server and webhook sink share as HTTP servers: limits, guards, JSON API, page assets.

It is no OpenAPI. It stays in this package because the top level is fixed and neighbours may not
import each other. Routes of one of the servers belong to that server.
"""
