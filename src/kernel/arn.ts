/** The parts of arn:partition:service:region:account:resource. */
export interface Arn {
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  readonly resource: string;
}

/** Undefined where the text is not an ARN. */
export function parseArn(text: string): Arn | undefined {
  const [arn, partition, service, region, account, ...resource] = text.split(":");
  if (arn !== "arn" || account === undefined || resource.length === 0) return undefined;
  return { partition: partition!, service: service!, region: region!, account, resource: resource.join(":") };
}
