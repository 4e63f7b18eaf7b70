"""How to install what an extra of inboxray brings, as a line that can be typed here.

`pip install 'inboxray[train]'` is none: no package index has inboxray. What the extra consists of is there.
"""

import re
import shlex
import sys
from importlib.metadata import PackageNotFoundError, requires
from typing import Final

_WITHOUT_TENSORFLOW: Final = (3, 14)  # from this Python on, pyproject.toml leaves it out of the extra `train`

_EXTRA = re.compile(r"""(?:^|\s*\band\s+)extra\s*==\s*["']([^"']+)["']""")


def install_line(extra: str, distribution: str = "inboxray") -> str:
    """Write the command that installs an extra's packages beside this interpreter.

    Parameters
    ----------
    extra : str
        Such as ``train``.
    distribution : str
        Whose extra it is.

    Returns
    -------
    str
        ``/.../python -m pip install 'tensorflow>=2.18' ...``
    """
    try:
        lines = requires(distribution) or ()
    except PackageNotFoundError:  # run from a checkout by a search path alone
        lines = ()
    wanted = []
    for name, marker in (re.split(r"\s*;\s*", line, maxsplit=1) for line in lines if ";" in line):
        if extra in _EXTRA.findall(marker):
            condition = _EXTRA.sub("", marker).strip(" ()")
            wanted.append(f"{name}; {condition}" if condition else name)
    return shlex.join([sys.executable, "-m", "pip", "install", *(wanted or [f".[{extra}]"])])


def tensorflow_line() -> str:
    """Write the command that installs TensorFlow, or which Python has it where this one has no release of it.

    Returns
    -------
    str
        As `install_line`, or a sentence.
    """
    if sys.version_info < _WITHOUT_TENSORFLOW:
        return install_line("train")
    here, first = (".".join(map(str, version[:2])) for version in (sys.version_info, _WITHOUT_TENSORFLOW))
    return f"it has no release for Python {here}, so install inboxray with a Python below {first}"
