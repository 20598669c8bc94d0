"""The way in: the endpoint that reads a delivery, and the batch writer that stores it.

A delivery is stored before it is answered. Nothing is judged here.
"""
