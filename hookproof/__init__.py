"""The command `hookproof`, its pytest plugin and its exit codes.

Input and output towards the user. What a contract means or a service must do belongs below.
"""
