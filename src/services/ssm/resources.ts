import { present } from "../../kernel/json.ts";
import { alreadyExists, attempt, type ResourceType } from "../../kernel/resource.ts";
import { allTags } from "../../kernel/tag.ts";
import { currentValue, parameterArn, parameters, putParameter, remove } from "./parameter.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html; its id is its name. */
export const parameterResource: ResourceType<Readonly<Record<string, any>>> = {
  type: "AWS::SSM::Parameter",
  absent: { Policies: [] },
  ensure: (scope, declared, id, { generatedName, tags }) =>
    attempt(scope, () => {
      const name: string = id ?? declared["Name"] ?? `CFN-${generatedName}`;
      const known = parameters.get(scope, name);
      if (id === undefined && known !== undefined) return alreadyExists("AWS::SSM::Parameter", name);
      const { Type, Value, Description, AllowedPattern, Tier, DataType = "text" } = declared;
      // What is declared no more goes, though PutParameter leaves what it is not given.
      if (known !== undefined) parameters.patch(scope, name, { description: Description, allowedPattern: AllowedPattern });
      const isSame = known !== undefined && currentValue(scope, known) === String(Value);
      const settings = { type: Type, dataType: DataType, description: Description, allowedPattern: AllowedPattern };
      const hasSame = known !== undefined && Object.entries(settings).every(([key, value]) => known[key as keyof typeof known] === value);
      const hasTier = Tier === undefined || Tier === known?.tier;
      if (!isSame || !hasSame || !hasTier) {
        const Overwrite = known !== undefined;
        putParameter.handle(scope, { Name: name, Type, Value: String(Value), Description, AllowedPattern, Tier, DataType, Overwrite });
      }
      parameters.patch(scope, name, { tags: allTags(tags, declared["Tags"]) });
      return name;
    }),
  read(scope, id) {
    const row = parameters.get(scope, id);
    if (row === undefined) return undefined;
    return present({
      Name: id,
      Arn: parameterArn(scope, id),
      Type: row.type,
      Value: currentValue(scope, row),
      Tier: row.tier,
      DataType: row.dataType,
      Description: row.description,
      AllowedPattern: row.allowedPattern,
      Tags: row.tags,
    });
  },
  remove(scope, id) {
    const row = parameters.get(scope, id);
    if (row !== undefined) remove(scope, row);
    return { state: "done", id };
  },
  list: (scope) => parameters.list(scope).map(({ id }) => id),
};
