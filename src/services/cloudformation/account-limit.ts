import { operation } from "../../kernel/operation.ts";
import { DescribeAccountLimits$ } from "../../sdk/cloudformation.js";

/** What a fresh account has: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const LIMITS = [
  { Name: "StackLimit", Value: 2000 },
  { Name: "StackOutputsLimit", Value: 200 },
  { Name: "ConcurrentResourcesLimit", Value: 2500 },
];

export const describeAccountLimits = operation(DescribeAccountLimits$, () => ({ AccountLimits: LIMITS.map((limit) => ({ ...limit })) }), {
  partial: "the limits are those of a fresh account; nothing here counts against them",
});
