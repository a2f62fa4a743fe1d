"""Judge forecasts on evidence that was held out: protocols, benchmark, trust.

A protocol is a function from evidence to splits, each of which withholds some observations and asks for them. It
states in the first line of its docstring what it leaves out, is deterministic, and takes

- `every`: leave out only every n-th fold (language, family, model, ...) of those that it could
- `folds`: the number of folds or draws, where it has them
- `seed`: of random folds and draws, and of the order of languages with equally little web text
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
