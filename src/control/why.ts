import { type Endpoint, Refusal } from "./endpoint.ts";

/** Why the resource of an ARN has not come to rest, a sentence per row that waits; without one, everything that waits. */
export const why: Endpoint = ({ kernel }, { query }) => {
  const arn = query.get("arn");
  const resting = arn === null ? [...kernel.runner.resting()] : kernel.why(arn);
  if (resting === undefined) throw new Refusal(404, `there is nothing with the ARN ${arn}`);
  return {
    ...(arn !== null && { arn }),
    waits: resting.map(({ path, rest }) => ({
      what: path,
      because: rest.because,
      kind: rest.kind,
      ...(rest.wakeAt !== undefined && { until: new Date(rest.wakeAt).toISOString() }),
    })),
  };
};
