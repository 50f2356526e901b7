import { type ZipEntry, zipOf } from "./zip.ts";

/** What inline code may require to answer a custom resource, in our own words: it keeps scheme and port of the ResponseURL. */
const CFN_RESPONSE_JS = `exports.SUCCESS = "SUCCESS";
exports.FAILED = "FAILED";
exports.send = (event, context, responseStatus, responseData, physicalResourceId, noEcho) =>
  new Promise((resolve, reject) => {
    const body = JSON.stringify({
      Status: responseStatus,
      Reason: "See the details in CloudWatch Log Stream: " + context.logStreamName,
      PhysicalResourceId: physicalResourceId || context.logStreamName,
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
      NoEcho: noEcho || false,
      Data: responseData,
    });
    const url = new URL(event.ResponseURL);
    const options = { method: "PUT", headers: { "content-type": "", "content-length": Buffer.byteLength(body) } };
    const request = require(url.protocol === "http:" ? "http" : "https").request(url, options, (response) => {
      response.resume();
      resolve(context.done());
    });
    request.on("error", (error) => reject(context.done(error)));
    request.end(body);
  });
`;

const CFN_RESPONSE_PY = `import json
import urllib.request

SUCCESS = "SUCCESS"
FAILED = "FAILED"


def send(event, context, responseStatus, responseData, physicalResourceId=None, noEcho=False, reason=None):
    body = json.dumps({
        "Status": responseStatus,
        "Reason": reason or "See the details in CloudWatch Log Stream: " + context.log_stream_name,
        "PhysicalResourceId": physicalResourceId or context.log_stream_name,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": noEcho,
        "Data": responseData,
    }).encode()
    request = urllib.request.Request(event["ResponseURL"], data=body, method="PUT", headers={"content-type": ""})
    urllib.request.urlopen(request)
`;

/**
 * The archive of a function whose code stands in a template; undefined for runtimes that cannot have it.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html
 */
export function inlineArchive(runtime: string, text: string): Buffer | undefined {
  if (runtime.startsWith("nodejs")) {
    // Node.js looks for it beside the handler only where it is asked for as ./cfn-response.
    const places = text.includes("cfn-response") ? ["cfn-response.js", "node_modules/cfn-response.js"] : [];
    return zipOf([file("index.js", text), ...places.map((name) => file(name, CFN_RESPONSE_JS))]);
  }
  if (runtime.startsWith("python"))
    return zipOf([file("index.py", text), ...(text.includes("cfnresponse") ? [file("cfnresponse.py", CFN_RESPONSE_PY)] : [])]);
  return undefined;
}

const file = (name: string, text: string): ZipEntry => ({ name, bytes: Buffer.from(text) });
