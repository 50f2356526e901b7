/** The queue that a subscription's redrive policy names; undefined where it names none. https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html */
export function deadLetterOf(redrivePolicy: string): string | undefined {
  try {
    const { deadLetterTargetArn: arn } = JSON.parse(redrivePolicy) as { deadLetterTargetArn?: unknown };
    return typeof arn === "string" && arn.startsWith("arn:aws:sqs:") ? arn : undefined;
  } catch {
    return undefined;
  }
}
