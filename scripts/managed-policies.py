"""Write data/managed-policies.json: AWS's own IAM policies, each at its newest version.

Every account lists them (aws iam list-policies --scope AWS, get-policy-version); moto (Apache-2.0) carries what one account
has listed. Run it when moto has listed them again:  pip install moto && python3 scripts/managed-policies.py
"""

import base64
import json
import os
import zlib

from moto.iam.aws_managed_policies import aws_managed_policies_data

OUT = os.path.join(os.path.dirname(__file__), "..", "data", "managed-policies.json")


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def main():
    policies = dict(sorted(json.loads(aws_managed_policies_data).items()))
    lines = "\n".join(compact(policy["Document"]) for policy in policies.values())
    names = [
        [name, policy["Path"], policy["DefaultVersionId"], policy["CreateDate"][:19] + "Z", policy["UpdateDate"][:19] + "Z"]
        for name, policy in policies.items()
    ]
    packed = base64.b64encode(zlib.compress(lines.encode(), 9)).decode()
    with open(OUT, "w", encoding="utf-8") as file:
        file.write('{"policies":[\n' + ",\n".join(compact(name) for name in names) + '\n],\n"documents":"' + packed + '"}\n')


main()
