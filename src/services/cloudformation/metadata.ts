import type { ResourceType } from "../../kernel/resource.ts";

/** What CDK puts into templates for its own statistics. It is nothing; on AWS, too, creating it has no effect. */
export const cdkMetadata: ResourceType = {
  type: "AWS::CDK::Metadata",
  ensure: (_scope, _declared, id, { generatedName }) => ({ state: "done", id: id ?? generatedName }),
  read: () => ({}),
  remove: (_scope, id) => ({ state: "done", id }),
};
