import { idsFrom } from "../../kernel/id.ts";
import { attempt, type ResourceType } from "../../kernel/resource.ts";
import { allTags } from "../../kernel/tag.ts";
import { changeRule, idIn, newRule, ruleArn, rules } from "./rule.ts";
import { targets } from "./target.ts";

type Properties = Readonly<Record<string, any>>;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codestarnotifications-notificationrule.html; its id is its ARN. */
const notificationRuleResource: ResourceType<Properties> = {
  type: "AWS::CodeStarNotifications::NotificationRule",
  absent: { EventTypeId: [], TargetAddress: [] },
  ensure: (scope, declared, arn, { token, tags }) =>
    attempt(scope, () => {
      const {
        Name: name,
        Resource: resource,
        EventTypeIds: eventTypeIds,
        DetailType: detailType,
        Status: status = "ENABLED",
        Targets,
      } = declared;
      const all = allTags(tags, declared["Tags"]);
      const id = arn === undefined ? idsFrom(token).hex(40) : idIn(arn);
      const createdBy: string = declared["CreatedBy"] ?? scope.caller.arn;
      const known = rules.get(scope, id);
      if (known === undefined)
        return ruleArn(scope, newRule(scope, id, { name, resource, eventTypeIds, detailType, status, createdBy, tags: all }, Targets));
      changeRule(scope, known, { name, eventTypeIds, detailType, status }, Targets);
      return ruleArn(scope, rules.patch(scope, id, { tags: all, createdBy }));
    }),
  read(scope, arn) {
    const rule = rules.get(scope, idIn(arn));
    return (
      rule && {
        Arn: ruleArn(scope, rule),
        Name: rule.name,
        Resource: rule.resource,
        EventTypeIds: [...rule.eventTypeIds],
        DetailType: rule.detailType,
        Status: rule.status,
        CreatedBy: rule.createdBy,
        Targets: rule.targets.map((address) => ({ TargetType: targets.get(scope, address)!.type, TargetAddress: address })),
        Tags: { ...rule.tags },
      }
    );
  },
  remove(scope, arn) {
    const rule = rules.get(scope, idIn(arn));
    rules.remove(scope, idIn(arn));
    // Targets that only this rule had went with it.
    for (const address of rule?.targets ?? [])
      if (!rules.list(scope).some((one) => one.targets.includes(address))) targets.remove(scope, address);
    return { state: "done", id: arn };
  },
  list: (scope) => rules.list(scope).map((rule) => ruleArn(scope, rule)),
};

export const notificationResources = [notificationRuleResource];
