/** Whether a message's attributes, or its body, are what a subscription wants. */
export type FilterPolicy = (value: Readonly<Record<string, unknown>>) => boolean;

/** Compile a filter policy; undefined where it is none. https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html */
export function compileFilterPolicy(text: string): FilterPolicy | undefined {
  try {
    const policy = JSON.parse(text);
    return typeof policy === "object" && policy !== null && !Array.isArray(policy) ? (value) => matches(policy, value) : undefined;
  } catch {
    return undefined;
  }
}

/** Every key of the policy has to match; of `$or`, one of its policies. */
function matches(policy: Readonly<Record<string, unknown>>, value: unknown): boolean {
  const object = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  return Object.entries(policy).every(([key, wanted]) => {
    if (key === "$or") return (wanted as Record<string, unknown>[]).some((one) => matches(one, value));
    const given = object[key];
    const values = Array.isArray(given) ? given : [given];
    // Of an array of objects, such as the records of S3, one has to match.
    if (!Array.isArray(wanted)) return values.some((one) => matches(wanted as Record<string, unknown>, one));
    return wanted.some((condition) => values.some((one) => meets(condition, one)));
  });
}

function meets(condition: unknown, value: unknown): boolean {
  if (typeof condition !== "object" || condition === null) return condition === value;
  const [[operator, operand]] = Object.entries(condition) as [[string, any]];
  const text = typeof value === "string" ? value : undefined;
  switch (operator) {
    case "exists":
      return operand === (value !== undefined);
    case "prefix":
      return text?.startsWith(operand) ?? false;
    case "suffix":
      return text?.endsWith(operand) ?? false;
    case "equals-ignore-case":
      return text?.toLowerCase() === String(operand).toLowerCase();
    case "anything-but":
      return value !== undefined && ![operand].flat().some((one) => meets(one, value));
    case "numeric":
      return typeof value === "number" && inRange(operand, value);
    default:
      return false;
  }
}

function inRange(bounds: readonly (string | number)[], value: number): boolean {
  for (let at = 0; at < bounds.length; at += 2) {
    const bound = Number(bounds[at + 1]);
    const holds = { "=": value === bound, "<": value < bound, "<=": value <= bound, ">": value > bound, ">=": value >= bound }[
      bounds[at] as "="
    ];
    if (!holds) return false;
  }
  return true;
}
