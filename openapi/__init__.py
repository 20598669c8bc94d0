"""The contract: an OpenAPI document, loaded into frozen values, and what all packages read it by.

Here belongs what several packages need and what knows none of them: the top-level names are fixed
and neighbours may not import each other, so shared values (`finding`, `rate`) are here.
What only one package needs belongs there.
"""
