"""The reports of a run: each a pure function from the data of `report.json` to text."""
