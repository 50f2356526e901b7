/** An object as a URL or a reference names it. */
export interface Address {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
}

/** bucket/key, or bucket/key?versionId=V. */
export function addressOf(name: string): Address | undefined {
  const [, path = name, versionId] = /^(.*)\?versionId=([^&?]+)$/s.exec(name) ?? [];
  const slash = path.indexOf("/");
  if (slash <= 0 || slash === path.length - 1) return undefined;
  return { bucket: path.slice(0, slash), key: path.slice(slash + 1), ...(versionId !== undefined && { versionId }) };
}

/**
 * s3://bucket/key, and URLs of either style: https://bucket.s3.region.amazonaws.com/key, http://127.0.0.1:4566/bucket/key.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
export function addressOfUrl(text: string): Address | undefined {
  const url = URL.parse(text);
  if (url === null) return undefined;
  const path = decodedPath(url.pathname.slice(1));
  const version = url.searchParams.get("versionId");
  const suffix = version === null ? "" : `?versionId=${version}`;
  if (url.protocol === "s3:") return addressOf(`${url.host}/${path}${suffix}`);
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  const bucket = bucketOfHost(url.hostname);
  return addressOf(bucket === undefined ? `${path}${suffix}` : `${bucket}/${path}${suffix}`);
}

/** The bucket that stands before the endpoint in a host name; undefined where there is none, and the path begins with it. */
function bucketOfHost(host: string): string | undefined {
  const ofAws = /^(?:(.+)\.)?s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?$/.exec(host);
  if (ofAws !== null) return ofAws[1];
  return /^(.+?)\.(?:s3\.)?localhost(?:\..+)?$/.exec(host)?.[1];
}

function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
