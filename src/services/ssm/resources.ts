import { isFault } from "../../kernel/fault.ts";
import type { ResourceType } from "../../kernel/resource.ts";
import { tagsOf } from "../../kernel/tag.ts";
import { currentValue, parameters, putParameter, remove } from "./parameter.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html */
export const parameterResource: ResourceType<Readonly<Record<string, any>>> = {
  type: "AWS::SSM::Parameter",
  ensure(scope, declared, id, { generatedName, tags }) {
    const Name = id ?? declared["Name"] ?? `CFN-${generatedName}`;
    const known = parameters.get(scope, Name);
    const { Type, Value, Description, AllowedPattern, Tier, DataType } = declared;
    try {
      if (known === undefined || id !== undefined) {
        const same =
          known !== undefined && currentValue(scope, known) === String(Value) && known.description === Description && known.type === Type;
        if (!same)
          putParameter.handle(scope, {
            Name,
            Type,
            Value: String(Value),
            Description,
            AllowedPattern,
            Tier,
            DataType,
            Overwrite: known !== undefined,
          });
      } else putParameter.handle(scope, { Name, Type, Value: String(Value) });
    } catch (error) {
      if (!isFault(error)) throw error;
      return { state: "failed", reason: error.message };
    }
    parameters.patch(scope, Name, { tags: { ...tagsOf(tags), ...(declared["Tags"] as Record<string, string> | undefined) } });
    return { state: "done", id: Name };
  },
  read(scope, id) {
    const row = parameters.get(scope, id);
    if (row === undefined) return undefined;
    const { type, tier, dataType, description, allowedPattern, tags } = row;
    return {
      Name: id,
      Type: type,
      Value: currentValue(scope, row),
      Tier: tier,
      DataType: dataType,
      ...(description !== undefined && { Description: description }),
      ...(allowedPattern !== undefined && { AllowedPattern: allowedPattern }),
      ...(Object.keys(tags).length > 0 && { Tags: tags }),
    };
  },
  remove(scope, id) {
    const row = parameters.get(scope, id);
    if (row !== undefined) remove(scope, row);
    return { state: "done", id };
  },
  attributes(scope, id) {
    const row = parameters.get(scope, id);
    return row === undefined ? {} : { Type: row.type, Value: currentValue(scope, row) };
  },
};
