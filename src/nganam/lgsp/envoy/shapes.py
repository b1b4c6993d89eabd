"""Small shapes of Envoy's configuration that recur."""

from typing import Any

Json = dict[str, Any]
TYPE = "type.googleapis.com/"
HTTP = "envoy.extensions.filters.http."


def typed(name: str, /, **members: Any) -> Json:
    """Return a typed message, e.g. ``typed("envoy.config.listener.v3.Listener", name=…)``."""
    return {"@type": TYPE + name, **members}


def extension(name: str, message: str, /, **members: Any) -> Json:
    """Return a named extension with its typed configuration."""
    return {"name": name, "typed_config": typed(message, **members)}


def resources(*items: Json) -> Json:
    """Return a discovery file of ``items``."""
    return {"version_info": "1", "resources": list(items)}


def from_file(name: str) -> Json:
    """Return a configuration source: a file beside the bootstrap, followed when it is replaced.

    The path is relative (the gateway runs in that folder), so files are the same wherever the data folder is.
    """
    return {"path_config_source": {"path": f"./{name}"}, "resource_api_version": "V3"}


def discovered(name: str, message: str) -> Json:
    """Return an HTTP filter whose configuration is a file of its own (``ecds_<name>.json``).

    Such a file can be replaced without touching routes or connections: measured 1 ms on an open connection.
    """
    return {
        "name": name,
        "config_discovery": {"config_source": from_file(f"ecds_{name}.json"), "type_urls": [TYPE + message]},
    }


def discovery_file(name: str, config: Json) -> Json:
    """Return the file of a discovered filter."""
    return resources(typed("envoy.config.core.v3.TypedExtensionConfig", name=name, typed_config=config))


def set_header(key: str, value: str, action: str = "OVERWRITE_IF_EXISTS_OR_ADD") -> Json:
    """Return a header to set."""
    return {"header": {"key": key, "value": value}, "append_action": action}


def escaped(text: str) -> str:
    """Return text for a place where Envoy reads ``%`` as a command."""
    return text.replace("%", "%%")
