"""Admin API and admin page under `/_hookproof/`, and the documentation page `/docs`.

Code for the contract's own operations belongs in `responses`.
"""
