import { expect, test } from "vitest";
import { querySignatureOf, queryStringToSign, verifyQuerySignature } from "../../src/wire/sigv2.ts";

const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

function stringToSign(method: string, path: string, rawQuery: string, headers = {}): string {
  const query = new URLSearchParams(rawQuery);
  return queryStringToSign({ method, path, rawQuery, headers }, query, path, querySignatureOf(query)!.expires!);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html#RESTAuthenticationQueryStringAuth, which has had this signature since the bucket was called johnsmith. */
test("AWS's own example verifies, and nothing near it", () => {
  const query = "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620";
  const { accessKeyId, expires, value } = querySignatureOf(new URLSearchParams(query))!;
  expect([accessKeyId, expires, value]).toEqual(["AKIAIOSFODNN7EXAMPLE", "1175139620", "NpgCjnDzrM+WFzoENXmpNDUsSn8="]);
  const text = stringToSign("GET", "/johnsmith/photos/puppy.jpg", query);
  expect(text).toBe("GET\n\n\n1175139620\n/johnsmith/photos/puppy.jpg");
  expect(verifyQuerySignature(value!, SECRET, text)).toBe(true);
  expect(verifyQuerySignature(value!, `${SECRET} `, text)).toBe(false);
  expect(verifyQuerySignature(value!.slice(0, -4), SECRET, text)).toBe(false);
  for (const other of [
    stringToSign("PUT", "/johnsmith/photos/puppy.jpg", query),
    stringToSign("GET", "/johnsmith/photos/Puppy.jpg", query),
    stringToSign("GET", "/johnsmith/photos/puppy.jpg", `${query}&acl`),
    stringToSign("GET", "/johnsmith/photos/puppy.jpg", query.replace("9620", "9621")),
    stringToSign("GET", "/johnsmith/photos/puppy.jpg", query, { "x-amz-acl": "public-read" }),
    stringToSign("GET", "/johnsmith/photos/puppy.jpg", query, { "content-type": "text/plain" }),
  ]) {
    expect(verifyQuerySignature(value!, SECRET, other)).toBe(false);
  }
});

/** "Upload" in the same place, whose header becomes a query. */
test("what is signed are the headers of S3, wherever they are, and the parameters that ask for something else", () => {
  const query =
    "versionId=b%2Fc&unrelated=1&acl&response-content-type=text%2Fplain&Expires=5&AWSAccessKeyId=K&Signature=x&x-amz-meta-b=two&X-Amz-Security-Token=t%2B";
  const headers = {
    "content-md5": "md5==",
    "content-type": "text/html",
    "x-amz-acl": "private",
    "x-amz-meta-a": " one ",
    "x-amz-date": "now",
    host: "h",
  };
  expect(stringToSign("PUT", "/b/k%20%C3%BC", query, headers)).toBe(
    "PUT\nmd5==\ntext/html\n5\nx-amz-acl:private\nx-amz-meta-a:one\nx-amz-meta-b:two\nx-amz-security-token:t+\n/b/k%20%C3%BC?acl&response-content-type=text/plain&versionId=b/c",
  );
});
