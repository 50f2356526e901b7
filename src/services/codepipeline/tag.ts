import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { lowerTagList, type Tags, tagsOf, withoutTags, withTags } from "../../kernel/tag.ts";
import {
  InvalidArnException,
  InvalidNextTokenException,
  InvalidTagsException,
  ListTagsForResource$,
  ResourceNotFoundException,
  TagResource$,
  TooManyTagsException,
  UntagResource$,
} from "../../sdk/codepipeline.js";
import { actionTypes } from "./custom-action-type.ts";
import { doesNotInclude, pipelineArn, pipelines } from "./pipeline.ts";
import { webhooks } from "./webhook.ts";

/** Something that has tags: a pipeline, an action type of one's own, a webhook. */
interface Tagged {
  readonly tags: Tags;
  change(tags: Tags): void;
}

const TAGS_MAX = 50;

export const tagResource = operation(TagResource$, (scope, { resourceArn, tags }) => {
  const tagged = requireTagged(scope, resourceArn!);
  tagged.change(checkedTags(withTags(tagged.tags, tagsOf(tags)), resourceArn!));
  return {};
});

export const untagResource = operation(UntagResource$, (scope, { resourceArn, tagKeys = [] }) => {
  const tagged = requireTagged(scope, resourceArn!);
  tagged.change(withoutTags(tagged.tags, tagKeys));
  return {};
});

export const listTagsForResource = operation(ListTagsForResource$, (scope, { resourceArn, maxResults, nextToken }) => {
  const tags = lowerTagList(requireTagged(scope, resourceArn!).tags).sort((one, other) => (one.key < other.key ? -1 : 1));
  const { items, nextToken: next } = page(
    tags,
    ({ key }) => key,
    maxResults ?? TAGS_MAX,
    nextToken,
    () => fault(InvalidNextTokenException, "The next token is invalid."),
  );
  return { tags: items, ...(next && { nextToken: next }) };
});

/** The tags that a resource is to have, as far as somebody may give them. */
export function checkedTags(tags: Tags, arn: string): Tags {
  if (Object.keys(tags).some((key) => key.startsWith("aws:") && !key.startsWith("aws:cloudformation:"))) {
    fault(
      InvalidTagsException,
      "Not allowed to modify system tags. System tags start with 'aws:'. msg=[Caller is an end user and not allowed to mutate system tags]",
    );
  }
  if (Object.keys(tags).length > TAGS_MAX) fault(TooManyTagsException, `Tag limit exceeded for resource [${arn}].`);
  return tags;
}

function requireTagged(scope: Scope, arn: string): Tagged {
  const head = pipelineArn(scope, "");
  if (!arn.startsWith(head)) fault(InvalidArnException, `The ARN ${arn} is invalid`);
  const resource = arn.slice(head.length);
  const [kind, name = ""] = resource.split(":", 2) as [string, string?];
  switch (resource.includes(":") ? kind : "pipeline") {
    case "actiontype": {
      const type = actionTypes.get(scope, name);
      if (type === undefined || type.isDeleted) return notFound(arn);
      return { tags: type.tags, change: (tags) => actionTypes.patch(scope, type.id, { tags }) };
    }
    case "webhook": {
      const webhook = webhooks.get(scope, name) ?? notFound(arn);
      return { tags: webhook.tags, change: (tags) => webhooks.patch(scope, webhook.id, { tags }) };
    }
    case "pipeline": {
      const pipeline = pipelines.get(scope, resource) ?? fault(ResourceNotFoundException, doesNotInclude(scope, resource));
      return { tags: pipeline.tags, change: (tags) => pipelines.patch(scope, pipeline.id, { tags }) };
    }
    default:
      return fault(InvalidArnException, `The ARN ${arn} is invalid`);
  }
}

const notFound = (arn: string): never => fault(ResourceNotFoundException, `Could not find resource with ARN ${arn}`);
