"""Admin API and admin page under `/_hookproof/`, and the documentation page under `/docs`.

What a client of the contract's API sees belongs in `responses`.
"""
