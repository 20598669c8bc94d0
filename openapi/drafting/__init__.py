"""Draft of an overlay: guesses from names and schemas about what a document lacks.

Each guess is a pure function of the contract. It finds nothing rather than something doubtful: the
user reads the draft, and a TODO says what was not found. Overlays are applied in
`openapi.overlays`.
"""
