"""Write data/constraints.json: what AWS's models say about members beyond their shapes.

The SDK's schemas leave out min, max, pattern, enum and the types of numbers; botocore's models have them. Run it when
botocore or the list of services has changed:  python3 scripts/constraints.py
"""

import glob
import gzip
import json
import os

import botocore

ROOT = os.path.join(os.path.dirname(__file__), "..")
MODELS = os.path.join(os.path.dirname(botocore.__file__), "data")
KEPT = ("min", "max", "pattern", "enum")
NUMBERS = ("byte", "short", "integer", "long", "float", "double")


def models_by_service_id():
    """The newest model of every service that botocore knows, by its service id (such as CloudWatch Logs)."""
    found = {}
    for name in sorted(os.listdir(MODELS)):
        versions = sorted(glob.glob(f"{MODELS}/{name}/*/service-2.json*"))
        if not versions:
            continue
        with (gzip.open if versions[-1].endswith("gz") else open)(versions[-1]) as file:
            model = json.load(file)
        found[model["metadata"].get("serviceId")] = model
    return found


def of_shape(shape):
    """A shape's own constraints."""
    constraint = {key: shape[key] for key in KEPT if key in shape}
    if shape["type"] in NUMBERS:
        constraint["type"] = shape["type"]
    return constraint


def of_member(shapes, shape):
    """A member's constraints, and those of what it holds."""
    constraint = of_shape(shape)
    inner = {"each": "member"} if shape["type"] == "list" else {"key": "key", "value": "value"} if shape["type"] == "map" else {}
    for name, part in inner.items():
        content = of_shape(shapes[shape[part]["shape"]])
        if content:
            constraint[name] = content
    return constraint


def of_service(model):
    """By structure and member; structures without any are left out."""
    shapes = model["shapes"]
    table = {}
    for name, shape in shapes.items():
        if shape["type"] != "structure" or shape.get("exception"):
            continue
        members = {member: of_member(shapes, shapes[ref["shape"]]) for member, ref in shape["members"].items()}
        members = {member: constraint for member, constraint in members.items() if constraint}
        if members:
            table[name] = members
    return table


def main():
    with open(f"{ROOT}/src/sdk/services.json") as file:
        services = json.load(file)
    models = models_by_service_id()
    pool, places, out = [], {}, {}

    def place(constraint):
        key = json.dumps(constraint, sort_keys=True)
        if key not in places:
            places[key] = len(pool)
            pool.append(constraint)
        return places[key]

    for service, facts in sorted(services.items()):
        table = of_service(models[facts["serviceId"]])
        out[service] = {name: {member: place(constraint) for member, constraint in members.items()} for name, members in table.items()}
    with open(f"{ROOT}/data/constraints.json", "w") as file:
        json.dump({"pool": pool, "svc": out}, file, separators=(",", ":"))
    print(f"{len(out)} services, {len(pool)} constraints, {os.path.getsize(f'{ROOT}/data/constraints.json')} bytes, botocore {botocore.__version__}")


main()
