"""Commands: from parsed options to an exit code, one module for each.

A command composes other packages and prints results. Parsing belongs in `options`, rendering in
`reports`.
"""
