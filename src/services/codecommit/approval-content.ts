import { createHash } from "node:crypto";

/** What a rule asks for. https://docs.aws.amazon.com/codecommit/latest/userguide/approval-rule-templates.html */
export interface RuleContent {
  /** Of templates only: the branches that it is for; all of them where there are none. */
  readonly destinationReferences: readonly string[];
  readonly statements: readonly Statement[];
}

interface Statement {
  readonly needed: number;
  /** Whose approvals count; anybody's where there are none. */
  readonly pool: readonly string[];
}

const VERSION = "2018-11-08";
const NEEDED_MAX = 100;
const APPROVERS = /^CodeCommitApprovers:(\d{12}):(.+)$/;

/** A rule's content; answers what is wrong with it as a sentence. */
export function parseContent(text: string, isTemplate: boolean): RuleContent | string {
  const said = jsonIn(text);
  if (said === undefined) return "The content is not a JSON object";
  const strange = Object.keys(said).find((name) => !["Version", "DestinationReferences", "Statements"].includes(name));
  if (strange !== undefined) return `The content has an unknown member: ${strange}`;
  if (said["Version"] !== VERSION) return `The version has to be ${VERSION}`;
  const { DestinationReferences: references = [], Statements: statements } = said;
  if (!isTexts(references)) return "DestinationReferences has to be a list of references";
  if (references.length > 0 && !isTemplate) return "DestinationReferences is for templates only";
  if (!Array.isArray(statements) || statements.length === 0) return "Statements has to be a list with at least one statement";
  const parsed = statements.map(statementIn);
  const wrong = parsed.find((statement) => typeof statement === "string");
  if (wrong !== undefined) return wrong;
  return { destinationReferences: references, statements: parsed as Statement[] };
}

/** Whether a template's rule is for pull requests into the branch. */
export const isFor = ({ destinationReferences }: RuleContent, reference: string): boolean =>
  destinationReferences.length === 0 || destinationReferences.some((pattern) => isLike(pattern, reference));

/** Whether approvals by these users are enough. */
export const isSatisfied = ({ statements }: RuleContent, approvers: readonly string[]): boolean =>
  statements.every(
    ({ needed, pool }) => approvers.filter((arn) => pool.length === 0 || pool.some((member) => isMember(member, arn))).length >= needed,
  );

/** The hash that tells whether a rule has changed meanwhile. */
export const contentHash = (text: string): string => createHash("sha256").update(text).digest("hex");

/**
 * CodeCommitApprovers:account:name is any user, session or federated user of that name; else it is an ARN, with stars.
 * https://docs.aws.amazon.com/codecommit/latest/userguide/how-to-create-pull-request-approval-rule.html
 */
function isMember(member: string, arn: string): boolean {
  const [whole, account, name] = APPROVERS.exec(member) ?? [];
  if (whole === undefined) return isLike(member, arn);
  const [, , service, , owner, resource = ""] = arn.split(":");
  if (owner !== account || (service !== "iam" && service !== "sts")) return false;
  const parts = resource.split("/");
  // Of a session, the role may be named as well: role/session.
  return isLike(name!, parts.at(-1)!) || isLike(name!, parts.slice(1).join("/"));
}

function isLike(pattern: string, text: string): boolean {
  const source = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${source.join(".*")}$`).test(text);
}

function statementIn(said: unknown): Statement | string {
  if (typeof said !== "object" || said === null) return "A statement has to be an object";
  const { Type: type, NumberOfApprovalsNeeded: needed, ApprovalPoolMembers: pool = [] } = said as Record<string, unknown>;
  if (type !== "Approvers") return "The type of a statement has to be Approvers";
  if (!Number.isInteger(needed) || (needed as number) < 1 || (needed as number) > NEEDED_MAX)
    return "NumberOfApprovalsNeeded is not a valid number";
  if (!isTexts(pool)) return "ApprovalPoolMembers has to be a list of members";
  const strange = pool.find((member) => !APPROVERS.test(member) && !/^arn:[\w*-]+:(iam|sts)::[\d*]+:.+/.test(member));
  return strange === undefined ? { needed: needed as number, pool } : `An approval pool member is not valid: ${strange}`;
}

function jsonIn(text: string): Record<string, unknown> | undefined {
  try {
    const said = JSON.parse(text);
    return typeof said === "object" && said !== null && !Array.isArray(said) ? said : undefined;
  } catch {
    return undefined;
  }
}

const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((one) => typeof one === "string" && one !== "");
