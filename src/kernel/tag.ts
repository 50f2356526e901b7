/** A tag as rows hold it, whatever a service calls its two members. */
export type Tags = Readonly<Record<string, string>>;

/** From a list of tags with members Key and Value, or key and value. */
export const tagsOf = (
  list: readonly { Key?: string | undefined; Value?: string | undefined; key?: string | undefined; value?: string | undefined }[] = [],
): Tags => Object.fromEntries(list.map((tag) => [tag.Key ?? tag.key ?? "", tag.Value ?? tag.value ?? ""]));

export const tagList = (tags: Tags = {}): { Key: string; Value: string }[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

export const lowerTagList = (tags: Tags = {}): { key: string; value: string }[] =>
  Object.entries(tags).map(([key, value]) => ({ key, value }));

export const withTags = (tags: Tags = {}, more: Tags): Tags => ({ ...tags, ...more });

export const withoutTags = (tags: Tags = {}, keys: readonly string[]): Tags =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)));

/** The tags of a resource in a stack: the stack's, and over them its own. */
export const allTags = (stack: Parameters<typeof tagsOf>[0], own: unknown): Tags => ({
  ...tagsOf(stack),
  ...(Array.isArray(own) ? tagsOf(own) : (own as Tags | undefined)),
});
