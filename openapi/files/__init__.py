"""Files on disk: a file that is replaced at once, and a database in one file.

What a file contains is the matter of the package that writes it.
"""
