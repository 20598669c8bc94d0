"""Second implementation of the shipped contract; imports the standard library only.

Each legal variant and each deviation is a change to the behaviour of the conforming service.
"""
