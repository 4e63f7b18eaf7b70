"""An example of the configuration file, made from the settings, so that it cannot be out of date."""

import json
import textwrap
from datetime import time
from pathlib import Path
from typing import Any

from daemon.settings.fields import Settings

_HEAD = """\
# The settings of inboxray, each with its default; take the # away from what you change. A misspelt key is an
# error. `inboxray config check` checks it, `inboxray config show` shows where each value came from.
"""
_WITHOUT_DEFAULT = {
    "database_url": "postgresql://inboxray@localhost/inboxray",
    "model": "/srv/inboxray/release",
    "prevalence": 0.15,
    "identifiers_key_file": "/etc/inboxray/identifiers.key",
    "metrics_listen": "127.0.0.1:9477",
    "dask_scheduler": "tls://10.0.0.1:8786",
    "dask_ca_file": "/etc/inboxray/cluster/ca.pem",
    "dask_certificate_file": "/etc/inboxray/cluster/site-a.pem",
    "dask_key_file": "/etc/inboxray/cluster/site-a-key.pem",
    "tls_certificate_file": "/etc/inboxray/tls.pem",
    "tls_key_file": "/etc/inboxray/tls.key",
    "tls_authorities_file": "/etc/inboxray/authorities.pem",
    "send_netrc_file": "/etc/inboxray/netrc",
    "receive_tls_listen": "0.0.0.0:2762",
    "receive_metrics_listen": "127.0.0.1:9479",
    "send_metrics_listen": "127.0.0.1:9478",
    "commitment_listen": "192.0.2.20:11113",
    "webhook_secret": "whsec_BASE64-OF-24-RANDOM-BYTES",
    "webhook_secret_file": "/etc/inboxray/webhook.secret",
    "mail_from": "inboxray@example.org",
    "mail_server": "smtp://mail.example.org:587",
}
_WIDTH = 110


def example_toml() -> str:
    """Write a configuration file in which every setting stands as a comment.

    Returns
    -------
    str
        TOML; empty as a configuration, and sound once any of its settings is uncommented.
    """
    parts = [_HEAD]
    for key, field in Settings.model_fields.items():
        default = field.default if field.default is not None else _WITHOUT_DEFAULT[key]
        comment = textwrap.fill(field.description or "", _WIDTH, initial_indent="# ", subsequent_indent="# ")
        note = "" if field.default is not None else "  # an example: there is no default"
        parts.append(f"{comment}\n# {key} = {_toml(default)}{note}\n")
    return "\n".join(parts)


def _toml(value: Any) -> str:
    """Write a value as TOML does; a time of day as text, because a setting may be `off` too."""
    if isinstance(value, time):
        return f'"{value:%H:%M}"'
    if isinstance(value, tuple):
        return json.dumps(list(value))
    if isinstance(value, Path):
        return json.dumps(str(value))
    return json.dumps(value)
