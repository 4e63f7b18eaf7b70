"""The settings by the room that they are for; `daemon.settings.fields` puts them together.

Each class is a part of `Settings`, and pydantic builds the whole only (`defer_build`). A rule between the
settings of one room stands with them, one between rooms in `daemon.settings.fields`.
"""
