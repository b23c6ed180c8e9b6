"""The version of the package, which releases change here and in the recipes that tests compare with it."""

__version__ = "0.16.0"
