// What the clients' parts of the story have in common: roles, functions, a repository to push.

/** Who may take a role. */
export const trustOf = (service: string): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: `${service}.amazonaws.com` }, Action: "sts:AssumeRole" }],
  });

/** A function that says which version it is. */
export const HANDLER = `
export const handler = async (event) => {
  console.log("asked for", event.rawPath ?? event.name);
  return { statusCode: 200, body: JSON.stringify({ version: process.env.AWS_LAMBDA_FUNCTION_VERSION, name: event.name }) };
};
`;

/** A build that writes an artifact, and fails where it is told to. */
export const BUILDSPEC = `
version: 0.2
phases:
  build:
    commands:
      - echo building $GREETING
      - test "$GREETING" != fail
      - echo "$GREETING" > greeting.txt
artifacts:
  files: [greeting.txt]
`;

/** A queue and a parameter that tells where it is; "Code" lies beside the template. */
export const TEMPLATE = `
Parameters:
  Greeting: {Type: String, Default: hello}
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Where: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !GetAtt Queue.Arn}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]
  Greeter:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: nodejs22.x
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Code: ./code
      Environment: {Variables: {GREETING: !Ref Greeting}}
Outputs:
  Url: {Value: !Ref Queue}
  Greeter: {Value: !Ref Greeter}
`;

/** A pipeline that takes the branch main of the repository app through the build project app. */
export function pipelineOf(roleArn: string, bucket: string): object {
  const type = (category: string, provider: string) => ({ category, owner: "AWS", provider, version: "1" });
  const commit = {
    name: "Commit",
    actionTypeId: type("Source", "CodeCommit"),
    configuration: { RepositoryName: "app", BranchName: "main" },
    outputArtifacts: [{ name: "source" }],
  };
  const build = {
    name: "Build",
    actionTypeId: type("Build", "CodeBuild"),
    configuration: { ProjectName: "app" },
    inputArtifacts: [{ name: "source" }],
  };
  const stages = [
    { name: "Source", actions: [commit] },
    { name: "Build", actions: [build] },
  ];
  return { name: "app", roleArn, artifactStore: { type: "S3", location: bucket }, stages };
}

/** What CodeDeploy is to do: take the alias `live` of a function from version 1 to version 2. */
export function appSpecOf(name: string): { revisionType: "AppSpecContent"; appSpecContent: { content: string } } {
  const Properties = { Name: name, Alias: "live", CurrentVersion: "1", TargetVersion: "2" };
  const content = { version: 0.0, Resources: [{ [name]: { Type: "AWS::Lambda::Function", Properties } }] };
  return { revisionType: "AppSpecContent", appSpecContent: { content: JSON.stringify(content) } };
}
