"""The ledger of a run: exchanges on one side, events on the other, and their matching.

Pure. The checks read it after the run; nothing here judges.
"""
