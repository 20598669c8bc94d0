"""The commands: from parsed options to an exit code, one module for each.

They compose the packages below and print. Parsing belongs in `options`, rendering in `reports`.
"""
