"""Renderings of `report.json`: terminal, HTML, JUnit, SARIF, GitHub summary; and those of lint.

Pure functions of the report data or of complaints; `writer` alone writes files.
"""
