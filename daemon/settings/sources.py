"""Where settings come from: one TOML file, credentials, the environment, then options; the later wins.

An unknown key or variable is an error, because a misspelt setting that is silently ignored is found
only on the day it was meant for.
"""

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource

from daemon.errors import ConfigurationError
from daemon.settings.fields import ENV_PREFIX, Settings

__all__ = ["SYSTEM_CONFIG", "LoadedSettings", "Settings", "load_settings", "read_settings"]

SYSTEM_CONFIG: Final = Path("/etc/inboxray/inboxray.toml")
CONFIG_VARIABLE: Final = ENV_PREFIX + "CONFIG"
CREDENTIALS_VARIABLE: Final = "CREDENTIALS_DIRECTORY"  # systemd.exec(5)
CREDENTIALS: Final = {
    "inboxray.database_url": "database_url",
    "inboxray.webhook_secret": "webhook_secret",
}


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings, and for each key where its value came from.

    Attributes
    ----------
    settings : Settings
        The checked values.
    sources : Mapping[str, str]
        Key to source: `default`, `file PATH`, `credential inboxray....`, `environment INBOXRAY_...` or
        `option --...`.
    config : Path or None
        The TOML file that was read, if any.
    """

    settings: Settings
    sources: Mapping[str, str]
    config: Path | None


def load_settings(
    config: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    *,
    system_config: Path = SYSTEM_CONFIG,
) -> Settings:
    """Merge, check and return the settings.

    Parameters
    ----------
    config, overrides, system_config
        As of `read_settings`.

    Returns
    -------
    Settings

    Raises
    ------
    ConfigurationError
        As `read_settings`.
    """
    return read_settings(config, overrides, system_config=system_config).settings


def read_settings(
    config: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    *,
    system_config: Path = SYSTEM_CONFIG,
) -> LoadedSettings:
    """Merge the TOML file, systemd's credentials, the environment and options, and say which gave what.

    Parameters
    ----------
    config : Path, optional
        The TOML file; else the one that `INBOXRAY_CONFIG` names, else `system_config` if it is there.
    overrides : Mapping, optional
        Values of options, by setting. None stands for an option that was not given.
    system_config : Path
        The TOML file of the machine.

    Returns
    -------
    LoadedSettings

    Raises
    ------
    ConfigurationError
        For a file that cannot be read, an unknown key or variable, or a value that is not allowed. The
        message names each key, its source and what is allowed, and quotes no value: it may be a password.
    """
    path = _config_path(config, system_config)
    _refuse_unknown_variables(os.environ)
    values: dict[str, Any] = {}
    sources = dict.fromkeys(Settings.model_fields, "default")
    if path is not None:
        from_file = _read_toml(path)
        values |= from_file
        sources |= dict.fromkeys(from_file, f"file {path}")
    from_credentials = _read_credentials()
    values |= from_credentials
    sources |= {key: f"credential {name}" for name, key in CREDENTIALS.items() if key in from_credentials}
    from_environment = EnvSettingsSource(Settings)()
    values |= from_environment
    sources |= {key: f"environment {ENV_PREFIX}{key.upper()}" for key in from_environment}
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    values |= given
    sources |= {key: f"option --{key.replace('_', '-')}" for key in given}
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise ConfigurationError(_explain(error, sources)) from None
    return LoadedSettings(settings, sources, path)


def _config_path(config: Path | None, system_config: Path) -> Path | None:
    if config is not None:
        return config.expanduser().absolute()
    if named := os.environ.get(CONFIG_VARIABLE):
        return Path(named).expanduser().absolute()
    return system_config if system_config.is_file() else None


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"the configuration file {path} cannot be read: {error.strerror}; "
            f"name another by --config or {CONFIG_VARIABLE}, or leave both out"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise ConfigurationError(f"the configuration file {path} is not valid TOML: {reason}") from None
    unknown = [key for key in values if key not in Settings.model_fields]
    if unknown:
        raise ConfigurationError(
            "\n".join(f"unknown setting {key!r} in {path}{_did_you_mean(key)}" for key in unknown)
        )
    return values


def _read_credentials() -> dict[str, str]:
    """Read the settings that systemd hands over as files, because they are secret."""
    folder = os.environ.get(CREDENTIALS_VARIABLE)
    values: dict[str, str] = {}
    for name, key in CREDENTIALS.items() if folder else ():
        path = Path(folder or "", name)
        try:
            values[key] = path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            continue  # who needs none gives none
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ConfigurationError(
                f"the credential {name} cannot be read from {path.parent}: {reason}"
            ) from None
    return values


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    ours = sorted(name for name in environment if name.upper().startswith(ENV_PREFIX))
    unknown = [
        name
        for name in ours
        if name.upper() != CONFIG_VARIABLE and name[len(ENV_PREFIX) :].lower() not in Settings.model_fields
    ]
    if unknown:
        raise ConfigurationError(
            "\n".join(
                f"unknown environment variable {name}"
                + _did_you_mean(name[len(ENV_PREFIX) :].lower(), variable=True)
                for name in unknown
            )
        )


def _did_you_mean(key: str, *, variable: bool = False) -> str:
    near = difflib.get_close_matches(key, Settings.model_fields, n=1)
    if not near:
        return "; `inboxray config show` lists the settings"
    return f"; did you mean {ENV_PREFIX + near[0].upper() if variable else near[0]}?"


_WANTED: Final = {  # pydantic's types of errors, in our words
    "int_parsing": "a whole number is wanted",
    "int_type": "a whole number is wanted",
    "int_from_float": "a whole number is wanted",
    "float_parsing": "a number is wanted",
    "float_type": "a number is wanted",
    "finite_number": "a number is wanted",
    "bool_parsing": "true or false is wanted",
    "bool_type": "true or false is wanted",
    "tuple_type": "a list of names is wanted",
    "string_type": "text is wanted",
    "path_type": "a path is wanted",
    "time_parsing": "a time of day is wanted, such as 02:00, or off",
    "greater_than_equal": "at least {ge} is wanted",
    "greater_than": "more than {gt} is wanted",
    "less_than_equal": "at most {le} is wanted",
    "less_than": "less than {lt} is wanted",
    "literal_error": "{expected} is wanted",
}


_UNITS: Final = {  # by the end of a setting's name
    "_ms": "milliseconds",
    "_s": "seconds",
    "_minutes": "minutes",
    "_days": "days",
    "_mb": "megabytes",
    "_megapixels": "megapixels",
    "_percent": "percent",
}


def _with_unit(key: str, wanted: str) -> str:
    """Say of what a number is wanted: many write 5s or 64MB."""
    for end, unit in _UNITS.items():
        if key.endswith(end):
            return wanted.replace("number is wanted", f"number of {unit} is wanted, such as 5")
    return wanted


def _explain(error: ValidationError, sources: Mapping[str, str]) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        key = str(problem["loc"][0]) if problem["loc"] else ""
        wanted = _WANTED.get(problem["type"], problem["msg"].removeprefix("Value error, "))
        what = wanted.format(**problem.get("ctx", {})) if problem["type"] in _WANTED else wanted
        if key not in sources:
            lines.append(what)
        elif problem["type"] == "extra_forbidden":
            lines.append(f"unknown setting {key!r} ({sources[key]}){_did_you_mean(key)}")
        else:
            lines.append(f"setting {key} ({sources[key]}): {_with_unit(key, what)}")
    return "\n".join(dict.fromkeys(lines))
