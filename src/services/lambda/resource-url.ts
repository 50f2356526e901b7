import { sameJson } from "../../kernel/json.ts";
import { attempt, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { functionArn, LATEST, referenceOf } from "./name.ts";
import { requireQualified } from "./qualifier.ts";
import { forgetFunction, functionNoted, noteFunction } from "./resource-reference.ts";
import { addressOf, putUrl, removeUrl, urlKey, urls } from "./url.ts";

type Properties = Readonly<Record<string, any>>;

/** Its id is the ARN that it calls. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-url.html */
export const urlResource: ResourceType<Properties> = {
  type: "AWS::Lambda::Url",
  absent: { InvokeMode: ["BUFFERED"] },
  ensure(scope, declared, id) {
    let arn = "";
    const progress = attempt(
      scope,
      () => {
        const qualified = requireQualified(scope, declared["TargetFunctionArn"], declared["Qualifier"]);
        const { scope: home, fn, qualifier } = qualified;
        arn = functionArn(home, fn.id, qualifier);
        const known = urls.get(home, urlKey(fn.id, qualifier));
        const { AuthType, Cors = {}, InvokeMode } = declared;
        const isSame =
          known !== undefined && sameJson([known.authType, known.cors ?? {}, known.invokeMode], [AuthType, Cors, InvokeMode ?? "BUFFERED"]);
        if (!isSame) putUrl(qualified, { AuthType, Cors, InvokeMode: InvokeMode ?? "BUFFERED" }, known);
        noteFunction(scope, `url/${arn}`, declared["TargetFunctionArn"]);
        return arn;
      },
      id,
    );
    if (progress.state !== "done" || urlAddress(scope, arn) !== undefined) return progress;
    return { state: "busy", id: arn, because: "the port of the function URL is not open yet" };
  },
  read(scope, id) {
    const url = urls.get(scope, urlIdOf(id));
    if (url === undefined) return undefined;
    return {
      FunctionArn: id,
      FunctionUrl: urlAddress(scope, id),
      TargetFunctionArn: functionNoted(scope, `url/${id}`) ?? functionArn(scope, url.functionName),
      AuthType: url.authType,
      InvokeMode: url.invokeMode,
      ...(url.qualifier !== undefined && { Qualifier: url.qualifier }),
      ...(url.cors && { Cors: url.cors }),
    };
  },
  remove(scope, id) {
    const url = urls.get(scope, urlIdOf(id));
    if (url !== undefined) removeUrl(scope, url);
    forgetFunction(scope, `url/${id}`);
    return { state: "done", id };
  },
  list: (scope) => urls.list(scope).map(({ functionName, qualifier }) => functionArn(scope, functionName, qualifier)),
};

function urlIdOf(arn: string): string {
  const [name, qualifier = LATEST] = arn.split(":").slice(6);
  return urlKey(name!, qualifier);
}

function urlAddress(scope: Scope, arn: string): string | undefined {
  const { scope: home } = referenceOf(scope, arn);
  const url = urls.get(home, urlIdOf(arn));
  return url && addressOf(home, url);
}
