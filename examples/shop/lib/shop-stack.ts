import { readFileSync } from "node:fs";
import { CfnOutput, CfnParameter, DefaultStackSynthesizer, Duration, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import * as actions from "aws-cdk-lib/aws-cloudwatch-actions";
import * as codedeploy from "aws-cdk-lib/aws-codedeploy";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import * as sns from "aws-cdk-lib/aws-sns";
import * as ssm from "aws-cdk-lib/aws-ssm";
import type { Construct } from "constructs";

/** The service: a function behind a URL, released by canary, watched by alarms, healed by a function. */
export class ShopStack extends Stack {
  /** Where the function's code lies: two stack parameters, filled in by the pipeline with the artifact of its build. */
  readonly code: lambda.CfnParametersCode;
  /** The stack parameter that names the release, for instance the commit id. */
  readonly release: CfnParameter;

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, {
      description: "The shop: function, canary, alarms and healer",
      // The pipeline's CloudFormation action deploys this template, not the CDK CLI, so it needs no bootstrap version check.
      synthesizer: new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }),
      ...props,
    });

    this.release = new CfnParameter(this, "Release", { description: "What is released: the id of a commit", minLength: 1 });
    this.code = lambda.Code.fromCfnParameters({
      bucketNameParam: new CfnParameter(this, "CodeBucket", { description: "Bucket of the built code" }),
      objectKeyParam: new CfnParameter(this, "CodeKey", { description: "Key of the built code, a zip file" }),
    });

    const alarms = new sns.Topic(this, "Alarms", { displayName: "Shop alarms" });
    const recommendations = new ssm.StringParameter(this, "Recommendations", {
      parameterName: "/shop/recommendations",
      description: "Where recommendations come from: 'bestsellers', or the https:// address of a partner",
      stringValue: "bestsellers",
    });

    const live = this.service(recommendations);
    this.canary(live, alarms);
    this.healer(recommendations, alarms);

    const url = live.alias.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.NONE });
    new CfnOutput(this, "Url", { value: url.url, description: "The shop's address" });
    new CfnOutput(this, "AlarmTopic", { value: alarms.topicArn, description: "Subscribe here to hear of alarms" });
  }

  /** The function, one version of it per release, and the alias `live` that customers reach. */
  private service(recommendations: ssm.IStringParameter) {
    const handler = new lambda.Function(this, "Function", {
      // Named because people type it: `aws logs tail /shop`, `aws lambda invoke --function-name shop:live`.
      functionName: "shop",
      description: "Prices, offers and recommendations",
      runtime: lambda.Runtime.NODEJS_22_X,
      handler: "handler.handler",
      code: this.code,
      memorySize: 256,
      timeout: Duration.seconds(5),
      environment: {
        // In the configuration, so that each release differs from the last: Lambda publishes no version of an unchanged function.
        RELEASE: this.release.valueAsString,
        RECOMMENDATIONS: recommendations.parameterName,
      },
      logGroup: new logs.LogGroup(this, "Logs", {
        logGroupName: "/shop/service",
        retention: logs.RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });
    recommendations.grantRead(handler);
    handler.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ["cloudwatch:PutMetricData"],
        resources: ["*"],
        conditions: { StringEquals: { "cloudwatch:namespace": "Shop" } },
      }),
    );

    // A version never changes. A new description replaces it, which is how one template publishes a version per release;
    // `currentVersion` cannot, since its hash is taken at synthesis, when neither the code nor the release is known.
    // Versions that were live are kept: an operator can point the alias back at one in seconds.
    const version = new lambda.Version(this, "Version", {
      lambda: handler,
      description: this.release.valueAsString,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    return { version, alias: new lambda.Alias(this, "Live", { aliasName: "live", version }) };
  }

  /** Ten percent of the requests for five minutes, then all of them; back to the old version at the first unhandled error. */
  private canary(live: { version: lambda.Version; alias: lambda.Alias }, alarms: sns.ITopic) {
    const errors = new cloudwatch.Alarm(this, "CanaryErrors", {
      alarmName: "shop-canary-errors",
      alarmDescription: "The version being released throws. Its deployment is rolled back.",
      // `alias.metricErrors()` counts both versions behind the alias: an old version that fails now and then would roll back
      // every release, its own fix included. `ExecutedVersion` counts the new version alone.
      metric: new cloudwatch.Metric({
        namespace: "AWS/Lambda",
        metricName: "Errors",
        dimensionsMap: {
          FunctionName: live.version.lambda.functionName,
          Resource: `${live.version.lambda.functionName}:${live.alias.aliasName}`,
          ExecutedVersion: live.version.version,
        },
        statistic: cloudwatch.Stats.SUM,
        period: Duration.minutes(1),
      }),
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    errors.addAlarmAction(new actions.SnsAction(alarms));
    errors.addOkAction(new actions.SnsAction(alarms));

    new codedeploy.LambdaDeploymentGroup(this, "Canary", {
      application: new codedeploy.LambdaApplication(this, "Application", { applicationName: "shop" }),
      deploymentGroupName: "live",
      alias: live.alias,
      deploymentConfig: codedeploy.LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
      alarms: [errors],
      autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
    });
  }

  /** When the partner that recommends goods fails, the shop goes back to its own bestsellers, and nobody is woken. */
  private healer(recommendations: ssm.IStringParameter, alarms: sns.ITopic) {
    const healer = new lambda.Function(this, "Healer", {
      functionName: "shop-healer",
      description: "Sets /shop/recommendations back to bestsellers",
      runtime: lambda.Runtime.NODEJS_22_X,
      handler: "index.handler",
      // In the template, so that it never depends on the release it may have to heal.
      code: lambda.Code.fromInline(readFileSync(new URL("../lambda/healer/index.js", import.meta.url), "utf8")),
      timeout: Duration.seconds(10),
      environment: { RECOMMENDATIONS: recommendations.parameterName },
      logGroup: new logs.LogGroup(this, "HealerLogs", {
        logGroupName: "/shop/healer",
        retention: logs.RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });
    recommendations.grantWrite(healer);

    const partner = new cloudwatch.Alarm(this, "RecommendationsFailing", {
      alarmName: "shop-recommendations-failing",
      alarmDescription: "The partner that recommends goods fails. The healer goes back to bestsellers.",
      metric: new cloudwatch.Metric({
        namespace: "Shop",
        metricName: "RecommendationsFailed",
        statistic: cloudwatch.Stats.SUM,
        period: Duration.minutes(1),
      }),
      threshold: 3,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    partner.addAlarmAction(new actions.LambdaAction(healer), new actions.SnsAction(alarms));
  }
}
