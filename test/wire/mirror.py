"""Calls every operation of every service with boto3 and generated input, and compares what the mirror received and answered.

Usage: mirror.py <endpoint> <services.json>; writes one JSON line per operation: {"service", "operation", "problem"}.
GET /__last on the endpoint answers what the handler got and answered for the call before.
"""

import base64
import datetime
import json
import random
import sys
import urllib.request
from concurrent.futures import ProcessPoolExecutor

import boto3
from botocore.config import Config

ENDPOINT, SERVICES = sys.argv[1:]
TEXTS = ["a", "abc def", "x<&>\"'y", "é漢字", "a=b&c+d", "100%"]
LABELS = ["lbl", "a b", "x-y", "é"]
# What boto3 computes, checks or rewrites itself.
LEFT = {"ContentMD5", "ContentLength", "ExpectedBucketOwner", "ContentEncoding", "RequestRoute", "EndpointId", "MessageSystemAttributeNames", "UserData"}
LEFT_PREFIXES = ("SSECustomer", "CopySourceSSE", "Checksum")


def generate(shape, depth=0, place=""):
    kind = shape.type_name
    if kind == "structure":
        members = [(name, member) for name, member in shape.members.items() if not is_left(name) and not is_events(member)]
        if getattr(shape, "is_tagged_union", False) and members:
            name, member = random.choice(members)
            return {name: generate(member, depth + 1)}
        value = {}
        for name, member in members:
            if name in shape.required_members or (depth < 4 and random.random() < (0.5 if depth else 0.8)):
                value[name] = generate(member, depth + 1, member.serialization.get("location", ""))
        if not value and members and depth < 11:
            scalars = [pair for pair in members if pair[1].type_name not in ("structure", "list", "map")]
            name, member = (scalars or members)[0]
            value[name] = generate(member, depth + 1)
        return value
    if kind == "list":
        return [] if depth > 9 else [generate(shape.member, depth + 1, place) for _ in range(2)]
    if kind == "map":
        return {} if depth > 9 else {"k0" if place in ("headers", "querystring") else "K 0": generate(shape.value, depth + 1, place)}
    if kind == "blob":
        return b"blob\x00\x01"
    if kind == "timestamp":
        return datetime.datetime.fromtimestamp(1700000000, datetime.timezone.utc)
    if kind == "boolean":
        return random.random() < 0.5
    if kind in ("integer", "long"):
        return random.randrange(1000)
    if kind in ("float", "double"):
        return float(random.randrange(1000))
    if shape.serialization.get("jsonvalue"):
        return {"a": 1}
    if place in ("header", "headers"):
        return f"hv{random.randrange(9)}"
    return random.choice(LABELS if place == "uri" else TEXTS)


def is_left(name):
    return name in LEFT or name.startswith(LEFT_PREFIXES)


def is_events(member):
    return member.serialization.get("eventstream") or getattr(member, "is_event_stream", False)


def plain(value):
    if isinstance(value, datetime.datetime):
        return int(value.timestamp() * 1000)
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and value == int(value):
        return int(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def known(shape, value):
    """A value less the members that are newer than this botocore."""
    if value is None or shape is None:
        return value
    if shape.type_name == "structure":
        return {name: known(shape.members[name], item) for name, item in value.items() if name in shape.members}
    if shape.type_name == "list":
        return [known(shape.member, item) for item in value]
    if shape.type_name == "map":
        return {key: known(shape.value, item) for key, item in value.items()}
    return value


def members_of(shape):
    return shape.members.items() if shape else ()


def input_as_sent(model, sent, received):
    """What the handler got, less what boto3 adds of its own accord."""
    received = dict(received)
    for name, member in members_of(model.input_shape):
        may_be_added = member.serialization.get("location") in ("headers", "header", "querystring") or member.metadata.get("idempotencyToken")
        if name not in sent and (may_be_added or member.type_name == "blob"):
            received.pop(name, None)
        if member.serialization.get("location") == "querystring" and member.type_name == "map":
            sent.pop(name, None)
            received.pop(name, None)
    return received


def output_as_answered(model, answered, got):
    """What boto3 made of the answer, less what is in every answer."""
    got = dict(got)
    for name, member in members_of(model.output_shape):
        location = member.serialization.get("location")
        if name not in answered and (location in ("headers", "header", "statusCode") or got.get(name) in ("", {}, [])):
            got.pop(name, None)
        if location == "statusCode":
            answered.pop(name, None)
            got.pop(name, None)
    return got


def difference(one, other):
    for name in sorted(set(one) | set(other)):
        if one.get(name) != other.get(name):
            return f"{name}: {json.dumps(one.get(name), ensure_ascii=False)[:300]} <> {json.dumps(other.get(name), ensure_ascii=False)[:300]}"
    return None


def last(service):
    with urllib.request.urlopen(f"{ENDPOINT}/__last/{service}") as response:
        return json.load(response)


def call(client, model, service):
    """None, or what went wrong."""
    value = generate(model.input_shape) if model.input_shape else {}
    if service == "s3":
        for name, text in {"Bucket": "bkt", "Key": "k/a b", "CopySource": "bkt/a"}.items():
            if name in value:
                value[name] = text
    try:
        response = client._make_api_call(model.name, dict(value))
    except Exception as error:
        return f"boto3 raised {type(error).__name__}: {error}"[:400]
    seen = last(service)
    if seen is None or seen["operation"] != model.name:
        return f"routed to {seen and seen['operation']}"
    sent = plain(value)
    problem = difference(sent, input_as_sent(model, sent, seen["input"]))
    if problem:
        return f"input differs at {problem}"
    response.pop("ResponseMetadata", None)
    for name, item in response.items():
        if hasattr(item, "read"):
            response[name] = item.read()
    answered = known(model.output_shape, seen["output"]) if model.output_shape else {}
    problem = difference(answered, output_as_answered(model, answered, plain(response)))
    return f"output differs at {problem}" if problem else None


def call_all(service, name):
    random.seed(5)
    config = Config(retries={"max_attempts": 0}, parameter_validation=False, inject_host_prefix=False)
    if hasattr(config, "response_checksum_validation"):
        config.response_checksum_validation = config.request_checksum_calculation = "when_required"
    client = boto3.client(name, endpoint_url=ENDPOINT, region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test", config=config)
    lines = []
    for operation in client.meta.service_model.operation_names:
        model = client.meta.service_model.operation_model(operation)
        if model.has_event_stream_input or model.has_event_stream_output:
            continue
        lines.append(json.dumps({"service": service, "operation": operation, "problem": call(client, model, service)}))
    return lines


def main():
    with open(SERVICES) as file:
        ids = {facts["serviceId"]: service for service, facts in json.load(file).items()}
    session = boto3.session.Session()
    loader = session._session.get_component("data_loader")
    names = {}
    for name in session.get_available_services():
        service = ids.get(loader.load_service_model(name, "service-2")["metadata"].get("serviceId")) if is_candidate(name, ids) else None
        if service:
            names[service] = name
    with ProcessPoolExecutor() as pool:
        for lines in pool.map(call_all, names.keys(), names.values()):
            print("\n".join(lines), flush=True)


def is_candidate(name, ids):
    """Loading all models takes long: compare names first. (elbv2 is the one whose name says nothing.)"""
    flat = {service_id.lower().replace(" ", "") for service_id in ids}
    short = name.replace("-", "")
    return name == "elbv2" or short in {"logs", "events", "stepfunctions"} or any(short in service or service in short for service in flat)


if __name__ == "__main__":
    main()
