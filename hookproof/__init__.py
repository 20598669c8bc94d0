"""Command `hookproof`, its pytest plugin and its exit codes.

This package handles only input and output. The meaning of a contract belongs in `openapi`, the
rules for a service in `contracts`.
"""

CONFIG_FILE_NAME = "hookproof.toml"
