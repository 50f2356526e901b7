/** Looks at the documents that a message of S3 names. */
export async function handler(event) {
  const messages = (event.Records ?? []).map(({ Sns }) => JSON.parse(Sns.Message));
  const documents = messages.flatMap(({ Records = [] }) => Records.map(({ s3 }) => s3.object));
  for (const { key, size } of documents) console.log(`looked at ${key}, ${size} bytes`);
  return { looked: documents.length };
}
