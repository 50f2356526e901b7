"""Write data/models/NAME.json: AWS's models of services whose SDK package is not to be had, or has no schemas.

They come from botocore (Apache-2.0, https://github.com/boto/botocore), without documentation and what no shape needs.
`prepare` makes of them what it makes of SDK packages. Run it when botocore or the list has changed:

    python3 scripts/models.py                the listed services, into data/models
    python3 scripts/models.py FOLDER NAME…   others, elsewhere: to compare with the SDK's packages
    python3 scripts/models.py --agent FILE   codedeploy-commands, which botocore does not know: from the copy that AWS's CodeDeploy agent
                                             carries (https://github.com/aws/aws-codedeploy-agent, Apache-2.0,
                                             vendor/gems/codedeploy-commands-1.0.0/apis/CodeDeployCommand.api.json)
"""

import glob
import gzip
import json
import os
import sys

import botocore

ROOT = os.path.join(os.path.dirname(__file__), "..")
MODELS = os.path.join(os.path.dirname(botocore.__file__), "data")
SERVICES = ("codeconnections", "codestar-notifications")
ABOUT = ("apiVersion", "jsonVersion", "protocol", "serviceId", "signingName", "endpointPrefix", "targetPrefix")
OF_OPERATION = ("http", "input", "output", "errors")
OF_SHAPE = ("type", "required", "members", "member", "key", "value", "enum", "sensitive", "exception", "error", "fault", "payload", "timestampFormat")
# botocore says more of a member only where the wire differs; what the converter does not know it refuses.
NOT_OF_MEMBER = ("documentation", "deprecated", "deprecatedMessage", "deprecatedSince", "box")


def member(reference):
    return {key: value for key, value in reference.items() if key not in NOT_OF_MEMBER}


def shape(value):
    kept = {key: value[key] for key in OF_SHAPE if key in value}
    if "members" in kept:
        kept["members"] = {name: member(reference) for name, reference in kept["members"].items()}
    return kept


def operation(value):
    kept = {key: value[key] for key in OF_OPERATION if key in value}
    if "errors" in kept:
        kept["errors"] = [error["shape"] for error in kept["errors"]]
    return kept


def trimmed(whole, source):
    return {
        "from": source,
        "metadata": {key: whole["metadata"][key] for key in ABOUT if key in whole["metadata"]},
        "operations": {key: operation(value) for key, value in whole["operations"].items()},
        "shapes": {key: shape(value) for key, value in whole["shapes"].items()},
    }


def model(name):
    newest = sorted(glob.glob(f"{MODELS}/{name}/*/service-2.json*"))[-1]
    with (gzip.open if newest.endswith("gz") else open)(newest) as file:
        return trimmed(json.load(file), f"botocore {botocore.__version__}, Apache-2.0")


def agents(path):
    with open(path) as file:
        whole = json.load(file)
    whole["metadata"]["serviceId"] = whole["metadata"]["serviceAbbreviation"]
    return trimmed(whole, "aws-codedeploy-agent, Apache-2.0")


def write(folder, name, value):
    with open(f"{folder}/{name}.json", "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


def main():
    if sys.argv[1:2] == ["--agent"]:
        return write(f"{ROOT}/data/models", "codedeploy-commands", agents(sys.argv[2]))
    folder, *names = sys.argv[1:] or (f"{ROOT}/data/models", *SERVICES)
    os.makedirs(folder, exist_ok=True)
    for name in names:
        write(folder, name, model(name))


main()
