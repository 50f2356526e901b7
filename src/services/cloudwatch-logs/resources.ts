import { present } from "../../kernel/json.ts";
import { alreadyExists, attempt, type ResourceType } from "../../kernel/resource.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import { checkRetention, groupArn, logGroups, newGroup, removeGroup, requireGroup } from "./group.ts";
import { queryDefinitions, saveQueryDefinition } from "./query-definition.ts";
import { metricFilterResource, subscriptionFilterResource } from "./resource-filter.ts";
import { resourcePolicies, saveResourcePolicy } from "./resource-policy.ts";
import { checkStreamName, ensureStream, logStreams, removeStream, streamId } from "./stream.ts";

type Properties = Readonly<Record<string, any>>;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html; its id is its name. */
const logGroup: ResourceType<Properties> = {
  type: "AWS::Logs::LogGroup",
  absent: { BearerTokenAuthenticationEnabled: [false], DataProtectionPolicy: [], FieldIndexPolicies: [], ResourcePolicyDocument: [] },
  ensure: (scope, declared, id, { generatedName, tags }) =>
    attempt(scope, () => {
      const name: string = id ?? declared["LogGroupName"] ?? generatedName;
      const known = logGroups.get(scope, name);
      const { RetentionInDays, KmsKeyId, LogGroupClass = "STANDARD", DeletionProtectionEnabled, Tags } = declared;
      if (id === undefined && known !== undefined) return alreadyExists("AWS::Logs::LogGroup", `{"/properties/LogGroupName":"${name}"}`);
      if (known !== undefined && known.class !== LogGroupClass)
        return { state: "failed", id: name, reason: "The class of a log group can't be changed after it is created." };
      const days = RetentionInDays === undefined ? undefined : Number(RetentionInDays);
      if (days !== undefined) checkRetention(days);
      if (known === undefined) newGroup(scope, name);
      logGroups.patch(scope, name, {
        retentionDays: days,
        keyId: KmsKeyId,
        class: LogGroupClass,
        deletionProtected: String(DeletionProtectionEnabled) === "true" || undefined,
        tags: allTags(tags, Tags),
      });
      return name;
    }),
  read(scope, id) {
    const group = logGroups.get(scope, id);
    if (group === undefined) return undefined;
    return present({
      LogGroupName: id,
      Arn: `${groupArn(scope, id)}:*`,
      LogGroupClass: group.class,
      RetentionInDays: group.retentionDays,
      KmsKeyId: group.keyId,
      DeletionProtectionEnabled: group.deletionProtected ?? false,
      BearerTokenAuthenticationEnabled: false,
      Tags: tagList(group.tags),
    });
  },
  remove: (scope, id) =>
    attempt(
      scope,
      () => {
        removeGroup(scope, id);
        return id;
      },
      id,
    ),
  list: (scope) => logGroups.list(scope).map(({ id }) => id),
};

/** Its id is its name; two groups may have streams of one name, so GROUP|STREAM is taken too. */
const logStream: ResourceType<Properties> = {
  type: "AWS::Logs::LogStream",
  ensure: (scope, declared, id, { generatedName }) =>
    attempt(scope, () => {
      const { id: group } = requireGroup(scope, declared["LogGroupName"]);
      if (id !== undefined) return id;
      const name: string = declared["LogStreamName"] ?? generatedName;
      checkStreamName(name);
      if (logStreams.get(scope, streamId(group, name)) !== undefined) return alreadyExists("AWS::Logs::LogStream", `${group}|${name}`);
      ensureStream(scope, group, name);
      return `${group}|${name}`;
    }),
  read(scope, id) {
    const stream = logStreams.get(scope, id.replace("|", ":"));
    return stream && { LogGroupName: stream.group, LogStreamName: stream.name };
  },
  remove(scope, id) {
    const stream = logStreams.get(scope, id.replace("|", ":"));
    if (stream !== undefined) removeStream(scope, stream);
    return { state: "done", id };
  },
  ref: (_scope, id) => id.slice(id.indexOf("|") + 1),
  list: (scope) => logStreams.list(scope).map(({ group, name }) => `${group}|${name}`),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-resourcepolicy.html; its id is its name. */
const resourcePolicy: ResourceType<Properties> = {
  type: "AWS::Logs::ResourcePolicy",
  ensure: (scope, declared, id) =>
    attempt(scope, () => {
      const { PolicyName: name, PolicyDocument: document } = declared;
      if (id === undefined && resourcePolicies.get(scope, name) !== undefined) return alreadyExists("AWS::Logs::ResourcePolicy", name);
      return saveResourcePolicy(scope, name, typeof document === "string" ? document : JSON.stringify(document)).id;
    }),
  read(scope, id) {
    const policy = resourcePolicies.get(scope, id);
    return policy && { PolicyName: id, PolicyDocument: policy.document };
  },
  remove(scope, id) {
    resourcePolicies.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) => resourcePolicies.list(scope).map(({ id }) => id),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-querydefinition.html */
const queryDefinition: ResourceType<Properties> = {
  type: "AWS::Logs::QueryDefinition",
  absent: { Parameters: [] },
  ensure: (scope, declared, id) =>
    attempt(scope, () => {
      const { Name, QueryString, QueryLanguage = "CWLI", LogGroupNames = [] } = declared;
      return saveQueryDefinition(scope, id, { name: Name, query: QueryString, language: QueryLanguage, groups: LogGroupNames }).id;
    }),
  read(scope, id) {
    const found = queryDefinitions.get(scope, id);
    if (found === undefined) return undefined;
    const { name, query, language, groups } = found;
    return present({ QueryDefinitionId: id, Name: name, QueryString: query, QueryLanguage: language, LogGroupNames: groups });
  },
  remove(scope, id) {
    queryDefinitions.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) => queryDefinitions.list(scope).map(({ id }) => id),
};

export const logsResources = [logGroup, logStream, metricFilterResource, subscriptionFilterResource, resourcePolicy, queryDefinition];
