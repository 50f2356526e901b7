"""Errors that cfn-lint finds: reads a line of JSON a template, and writes for each a list of [rule, place, sentence]."""

import json
import sys

from cfnlint.api import lint
from cfnlint.config import ManualArgs

config = ManualArgs(regions=["us-east-1"])
for line in sys.stdin:
    found = [match for match in lint(json.loads(line), config=config) if match.rule.id.startswith("E")]
    print(json.dumps([[match.rule.id, "/".join(str(step) for step in getattr(match, "path", None) or []), match.message] for match in found]), flush=True)
