"""What the lessons bring along: exercises and their checks, toys, the capstone, a glossary."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__, ["capstone", "glossary", "solutions"])
