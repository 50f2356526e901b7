import { idsFrom } from "../../kernel/id.ts";
import { alreadyExists, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { asText, isObject, type Json, type JsonObject } from "./value.ts";

/** A macro of this account and region; its id is its name. */
export interface Macro extends Row {
  /** The ARN of the function that processes what the macro is used on. */
  readonly functionArn: string;
  readonly description?: string;
  readonly logGroup?: string;
  readonly logRoleArn?: string;
  /** Of its creation. */
  readonly token: string;
}

export const macros = new Table<Macro>("cloudformation/macro");

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-macro.html */
export const macroType: ResourceType<JsonObject> = {
  type: "AWS::CloudFormation::Macro",
  ensure(scope, declared, id, { token }) {
    const name = id ?? String(declared["Name"]);
    const known = macros.get(scope, name);
    if (id === undefined && known !== undefined && known.token !== token) return alreadyExists("AWS::CloudFormation::Macro", name);
    const [functionName, description, logGroup, logRoleArn] = ["FunctionName", "Description", "LogGroupName", "LogRoleARN"].map((member) =>
      asText(declared[member]),
    );
    macros.put(scope, {
      id: name,
      functionArn: functionName!.startsWith("arn:") ? functionName! : scope.arn("lambda", `function:${functionName}`),
      ...(description !== undefined && { description }),
      ...(logGroup !== undefined && { logGroup }),
      ...(logRoleArn !== undefined && { logRoleArn }),
      token: known?.token ?? token,
    });
    return { state: "done", id: name };
  },
  read(scope, id) {
    const macro = macros.get(scope, id);
    if (macro === undefined) return undefined;
    const { functionArn, description, logGroup, logRoleArn } = macro;
    return {
      Name: id,
      FunctionName: functionArn,
      ...(description !== undefined && { Description: description }),
      ...(logGroup !== undefined && { LogGroupName: logGroup }),
      ...(logRoleArn !== undefined && { LogRoleARN: logRoleArn }),
    };
  },
  remove(scope, id) {
    macros.remove(scope, id);
    return { state: "done", id };
  },
};

/** One use of a macro. Asking again with its id asks the function nothing anew. */
export interface MacroCall {
  readonly id: string;
  readonly name: string;
  readonly fragment: Json;
  readonly parameters: JsonObject;
  readonly templateParameters: JsonObject;
  readonly stackId: string;
}

export type MacroOutcome =
  | { readonly state: "done"; readonly value: Json }
  | { readonly state: "busy"; readonly because: string }
  | { readonly state: "failed"; readonly reason: string };

/**
 * What a macro makes of a fragment. A macro is known in its own account and region alone.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros-author.html
 */
export function callMacro(scope: Scope, { id, name, fragment, parameters, templateParameters, stackId }: MacroCall): MacroOutcome {
  const macro = macros.get(scope, name);
  const transformId = name.startsWith("AWS::") ? name : `${scope.account}::${name}`;
  if (macro === undefined) return { state: "failed", reason: `No transform named ${transformId} found.` };
  const requestId = idsFrom(id).uuid();
  const event = {
    region: scope.region,
    accountId: scope.account,
    fragment,
    transformId,
    params: parameters,
    requestId,
    templateParameterValues: templateParameters,
  };
  const sent = scope.deliver(id, macro.functionArn, JSON.stringify(event), {
    from: "cloudformation.amazonaws.com",
    context: { reply: true, sourceArn: stackId },
  });
  const fail = (reason: string, why = reason): MacroOutcome => {
    if (macro.logGroup !== undefined) scope.log({ group: macro.logGroup, stream: requestId, message: why });
    return { state: "failed", reason };
  };
  const malformed = `Received malformed response from transform ${transformId}`;
  switch (sent.status) {
    case "PENDING":
      return { state: "busy", because: `the macro ${name} processes the template` };
    case "FAILED":
      return fail(malformed, `${malformed}: ${sent.reason}`);
    case "DELIVERED": {
      const answer = read(sent.reply ?? "");
      if (answer === undefined || answer["requestId"] !== requestId) return fail(malformed);
      if (String(answer["status"]).toLowerCase() !== "success") {
        const message = asText(answer["errorMessage"]);
        return fail(
          message === undefined || message === ""
            ? `Transform ${transformId} failed without an error message.`
            : `Transform ${transformId} failed with: ${message}`,
        );
      }
      const value = answer["fragment"];
      return value === undefined ? fail(malformed) : { state: "done", value };
    }
  }
}

function read(text: string): JsonObject | undefined {
  try {
    const answer = JSON.parse(text) as Json;
    return isObject(answer) ? answer : undefined;
  } catch {
    return undefined;
  }
}
