"""A part of the story through the unmodified boto3: python3 boto3_story.py CHAPTER, told where things are by the environment.

Each chapter ends quietly, or with the AssertionError or the ClientError that ended it.
"""

import io
import json
import sys
import urllib.request
import zipfile

import boto3
from botocore.exceptions import ClientError, WaiterError

HANDLER = """
def handler(event, context):
    print("asked for", event.get("name"))
    return {"statusCode": 200, "body": context.function_version}
"""

SOON = {"Delay": 1, "MaxAttempts": 30}


def main(chapter):
    CHAPTERS[chapter]()


def identity():
    assert boto3.client("sts").get_caller_identity()["Account"] == "111122223333"
    iam = boto3.client("iam")
    for name in ("ann", "ben", "cleo"):
        iam.create_user(UserName=name)
    iam.get_waiter("user_exists").wait(UserName="cleo")
    pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 2})
    assert [user["UserName"] for page in pages for user in page["Users"]] == ["ann", "ben", "cleo"]
    try:
        iam.get_role(RoleName="absent")
    except iam.exceptions.NoSuchEntityException as error:
        assert "absent" in str(error), error
    else:
        raise AssertionError("an absent role was found")
    role = iam.create_role(RoleName="shared", AssumeRolePolicyDocument=trust(AWS="arn:aws:iam::111122223333:root"))["Role"]
    keys = boto3.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="visit")["Credentials"]
    visitor = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    assert visitor.client("sts").get_caller_identity()["Arn"].endswith(":assumed-role/shared/visit")


def files():
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.get_waiter("bucket_exists").wait(Bucket="files", WaiterConfig=SOON)
    big = bytes(range(256)) * 40_000
    # More than 8 MB goes in parts.
    s3.upload_fileobj(io.BytesIO(big), "files", "big.bin", ExtraArgs={"Metadata": {"origin": "boto3"}})
    s3.get_waiter("object_exists").wait(Bucket="files", Key="big.bin", WaiterConfig=SOON)
    assert s3.head_object(Bucket="files", Key="big.bin")["Metadata"] == {"origin": "boto3"}
    copy = io.BytesIO()
    s3.download_fileobj("files", "big.bin", copy)
    assert copy.getvalue() == big
    for index in range(7):
        s3.put_object(Bucket="files", Key=f"notes/{index} ü+&.txt", Body=f"note {index}")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="files", Prefix="notes/", PaginationConfig={"PageSize": 3})
    assert [entry["Key"] for page in pages for entry in page["Contents"]] == [f"notes/{index} ü+&.txt" for index in range(7)]
    url = s3.generate_presigned_url("get_object", {"Bucket": "files", "Key": "notes/3 ü+&.txt"}, ExpiresIn=60)
    assert urllib.request.urlopen(url).read() == b"note 3"
    form = s3.generate_presigned_url("put_object", {"Bucket": "files", "Key": "put.txt"}, ExpiresIn=60)
    urllib.request.urlopen(urllib.request.Request(form, data=b"by anybody", method="PUT"))
    assert s3.get_object(Bucket="files", Key="put.txt")["Body"].read() == b"by anybody"
    try:
        s3.get_object(Bucket="files", Key="absent")
    except s3.exceptions.NoSuchKey as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    else:
        raise AssertionError("an absent object was found")
    try:
        s3.head_object(Bucket="files", Key="absent")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "404", error.response
    bucket = boto3.resource("s3").Bucket("files")
    bucket.objects.all().delete()
    bucket.delete()
    s3.get_waiter("bucket_not_exists").wait(Bucket="files", WaiterConfig=SOON)


def settings():
    ssm = boto3.client("ssm")
    for index in range(12):
        ssm.put_parameter(Name=f"/pages/{index:02}", Type="String", Value=str(index))
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path="/pages", PaginationConfig={"PageSize": 5})
    assert sum(len(page["Parameters"]) for page in pages) == 12
    try:
        ssm.get_parameter(Name="/absent")
    except ssm.exceptions.ParameterNotFound:
        pass
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    sealed = kms.encrypt(KeyId=key, Plaintext=b"between us", EncryptionContext={"for": "ann"})["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed, EncryptionContext={"for": "ann"})["Plaintext"] == b"between us"
    try:
        kms.decrypt(CiphertextBlob=sealed, EncryptionContext={"for": "ben"})
    except kms.exceptions.InvalidCiphertextException:
        pass
    else:
        raise AssertionError("a secret was read out of its context")
    secrets = boto3.client("secretsmanager")
    secrets.create_secret(Name="password", SecretBinary=b"\x00sesame")
    assert secrets.get_secret_value(SecretId="password")["SecretBinary"] == b"\x00sesame"


def messages():
    queue = boto3.resource("sqs").create_queue(QueueName="inbox")
    arn = queue.attributes["QueueArn"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    queue.set_attributes(Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})})
    topic = boto3.resource("sns").create_topic(Name="news")
    topic.subscribe(Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    topic.publish(Message="opening today")
    events = boto3.client("events")
    events.put_rule(Name="orders", EventPattern=json.dumps({"source": ["shop"]}))
    events.put_targets(Rule="orders", Targets=[{"Id": "inbox", "Arn": arn, "InputPath": "$.detail.total"}])
    events.put_events(Entries=[{"Source": "shop", "DetailType": "Order", "Detail": json.dumps({"total": 3})}])
    bodies = set()
    while len(bodies) < 2:
        received = queue.receive_messages(WaitTimeSeconds=10, MaxNumberOfMessages=10)
        assert received, f"only {bodies} arrived"
        bodies.update(message.body for message in received)
        queue.delete_messages(Entries=[{"Id": message.message_id, "ReceiptHandle": message.receipt_handle} for message in received])
    assert bodies == {"opening today", "3"}, bodies


def canary():
    function = boto3.client("lambda")
    iam = boto3.client("iam")
    role = iam.create_role(RoleName="function", AssumeRolePolicyDocument=trust(Service="lambda.amazonaws.com"))["Role"]["Arn"]
    deployer = iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=trust(Service="codedeploy.amazonaws.com"))["Role"]["Arn"]
    name = "greeter"
    function.create_function(
        FunctionName=name, Runtime="python3.12", Role=role, Handler="code.handler", Code={"ZipFile": package(HANDLER)}, Publish=True
    )
    function.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=SOON)
    answer = function.invoke(FunctionName=name, Payload=json.dumps({"name": "Ann"}), LogType="Tail")
    assert json.load(answer["Payload"]) == {"statusCode": 200, "body": "$LATEST"}
    function.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    function.update_function_code(FunctionName=name, ZipFile=package(HANDLER + "# news\n"), Publish=True)
    function.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=SOON)
    codedeploy = boto3.client("codedeploy")
    codedeploy.create_application(applicationName=name, computePlatform="Lambda")
    codedeploy.create_deployment_group(
        applicationName=name,
        deploymentGroupName="live",
        serviceRoleArn=deployer,
        deploymentConfigName="CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
        deploymentStyle={"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
    )
    properties = {"Name": name, "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2"}
    content = {"version": 0.0, "Resources": [{name: {"Type": "AWS::Lambda::Function", "Properties": properties}}]}
    deployment = codedeploy.create_deployment(
        applicationName=name,
        deploymentGroupName="live",
        revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(content)}},
    )["deploymentId"]
    codedeploy.get_waiter("deployment_successful").wait(deploymentId=deployment, WaiterConfig=SOON)
    alias = function.get_alias(FunctionName=name, Name="live")
    assert alias["FunctionVersion"] == "2", alias
    pages = function.get_paginator("list_versions_by_function").paginate(FunctionName=name, PaginationConfig={"PageSize": 1})
    assert [version["Version"] for page in pages for version in page["Versions"]] == ["$LATEST", "1", "2"]


def stacks():
    cloudformation = boto3.client("cloudformation")
    good = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}, "Outputs": {"Url": {"Value": {"Ref": "Queue"}}}}
    cloudformation.create_stack(StackName="good", TemplateBody=json.dumps(good))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="good", WaiterConfig=SOON)
    assert "/111122223333/good-Queue-" in boto3.resource("cloudformation").Stack("good").outputs[0]["OutputValue"]
    bad = {"Resources": {"Thing": {"Type": "AWS::No::Such"}}}
    try:
        cloudformation.create_stack(StackName="bad", TemplateBody=json.dumps(bad))
        cloudformation.get_waiter("stack_create_complete").wait(StackName="bad", WaiterConfig=SOON)
    except (WaiterError, ClientError) as error:
        failure = error
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName="bad") if isinstance(failure, WaiterError) else []
    reasons = str(failure) + "".join(event.get("ResourceStatusReason", "") for page in pages for event in page["StackEvents"])
    assert "AWS::No::Such" in reasons, reasons
    cloudformation.delete_stack(StackName="good")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="good", WaiterConfig=SOON)


def delivery():
    repository = boto3.client("codecommit")
    repository.create_repository(repositoryName="app")
    buildspec = "version: 0.2\nphases: {build: {commands: ['echo building', 'test \"$FAIL\" != yes']}}\n"
    commit = repository.put_file(
        repositoryName="app", branchName="main", filePath="buildspec.yml", fileContent=buildspec.encode(), commitMessage="The first"
    )["commitId"]
    assert repository.get_branch(repositoryName="app", branchName="main")["branch"]["commitId"] == commit
    role = boto3.client("iam").create_role(RoleName="build", AssumeRolePolicyDocument=trust(Service="codebuild.amazonaws.com"))["Role"]["Arn"]
    codebuild = boto3.client("codebuild")
    codebuild.create_project(
        name="app",
        source={"type": "CODECOMMIT", "location": repository.get_repository(repositoryName="app")["repositoryMetadata"]["cloneUrlHttp"]},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole=role,
    )
    asked = [
        codebuild.start_build(projectName="app", sourceVersion="main", environmentVariablesOverride=[{"name": "FAIL", "value": value}])
        for value in ("no", "yes")
    ]
    ids = [build["build"]["id"] for build in asked]
    while not all(build["buildComplete"] for build in codebuild.batch_get_builds(ids=ids)["builds"]):
        pass
    builds = {build["id"]: build["buildStatus"] for build in codebuild.batch_get_builds(ids=ids)["builds"]}
    assert [builds[id] for id in ids] == ["SUCCEEDED", "FAILED"], builds
    logs = boto3.client("logs")
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/aws/codebuild/app")
    assert any("building" in event["message"] for page in pages for event in page["events"])


def metrics():
    cloudwatch = boto3.client("cloudwatch")
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Orders", "Value": 2, "Unit": "Count"}])
    cloudwatch.put_metric_alarm(
        AlarmName="busy",
        Namespace="Shop",
        MetricName="Orders",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.get_waiter("alarm_exists").wait(AlarmNames=["busy"], WaiterConfig=SOON)
    assert [metric.name for metric in boto3.resource("cloudwatch").metrics.filter(Namespace="Shop")] == ["Orders"]


def package(source):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("code.py", source)
    return content.getvalue()


def trust(**principal):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


CHAPTERS = {
    chapter.__name__: chapter for chapter in (identity, files, settings, messages, canary, stacks, delivery, metrics)
}

if __name__ == "__main__":
    main(sys.argv[1])
