"""Renderings of `report.json`: terminal, HTML, JUnit, SARIF, GitHub summary.

Pure functions of the report data; `writer` alone writes files.
"""
