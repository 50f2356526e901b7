// The SDK is the Lambda runtime's own. It is loaded by the first request that needs it, so the others start faster.

let known = { value: "bestsellers", until: 0 };

/** Where recommendations come from, as the parameter store says; asked for at most every five seconds. */
export async function source() {
  if (Date.now() < known.until) return known.value;
  const { GetParameterCommand, SSMClient } = await import("@aws-sdk/client-ssm");
  const { Parameter } = await new SSMClient({}).send(new GetParameterCommand({ Name: process.env.RECOMMENDATIONS }));
  known = { value: Parameter.Value, until: Date.now() + 5_000 };
  return known.value;
}

/** Counts one failure of the partner. */
export async function report(error) {
  console.error("recommendations failed:", error.message);
  const { CloudWatchClient, PutMetricDataCommand } = await import("@aws-sdk/client-cloudwatch");
  const MetricData = [{ MetricName: "RecommendationsFailed", Unit: "Count", Value: 1 }];
  await new CloudWatchClient({}).send(new PutMetricDataCommand({ Namespace: "Shop", MetricData }));
}
