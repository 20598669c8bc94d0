"""Resources that the mock keeps: documents, their shapes in responses, lists, and seed data.

The package is loaded when a request first needs it: most contracts of one operation never do.
"""
