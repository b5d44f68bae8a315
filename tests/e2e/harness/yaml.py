"""Configuration text for tests that are not about configuration: specs as dicts, written as block YAML."""
import json


def _target(value):
    if isinstance(value, (dict, str)):
        return value
    if isinstance(value, tuple):
        return dict(zip(("host", "port", "weight"), value))
    return {"host": "127.0.0.1", "port": value}


def http(path="/", to=None, listen=0, **more):
    """One http spec. `to`: a port, a (host, port[, weight]) tuple, a target in one word, a dict, or a list of these; None: no
    targets, but what else a route may do."""
    spec = {"kind": "http", "listen": listen, "path": path, **more}
    if to is None:
        return spec
    targets = to if isinstance(to, list) else [to]
    return {**spec, "targets": [_target(t) for t in targets]}


def tcp(to=None, listen=0, **more):
    """One tcp spec, targets as for http()."""
    targets = to if isinstance(to, list) else [to]
    return {"kind": "tcp", "listen": listen, **more, "targets": [_target(t) for t in targets]}


def _scalar(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):  # JSON is YAML's flow style
        return json.dumps(value)
    if isinstance(value, int):
        return str(value)
    return json.dumps(value)


def ingress(*specs, name="test-ingress", settings=None, tls=None):
    """The text of one configuration file: an ingress with these specs, and the settings as a second document."""
    lines = [f"name: {name}", "spec:"]
    for spec in specs:
        dash = "  - "
        for key, value in spec.items():
            if key == "targets":
                lines.append(f"{dash}targets:")
                lines += [f"      - {_scalar(target)}" for target in value]
            else:
                lines.append(f"{dash}{key}: {_scalar(value)}")
            dash = "    "
    if tls:
        lines += ["tls:"] + [f"  {key}: {_scalar(value)}" for key, value in tls.items()]
    if settings:
        lines += ["---", "settings:"] + [f"  {key}: {_scalar(value)}" for key, value in settings.items()]
    return "\n".join(lines) + "\n"
