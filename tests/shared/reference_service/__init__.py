"""A second implementation of the shipped contract: standard library only, nothing of the project.

Each legal variant and each deviation is a change to the behaviour of the conforming service.
"""
