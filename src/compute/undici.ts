/** Loaded by whoever sends a request first: a cloud starts faster without. Bundled, a CommonJS package is its default export and nothing else. */
export const loadUndici = async (): Promise<typeof import("undici")> => {
  const loaded = (await import("undici")) as unknown as { default: typeof import("undici") };
  return loaded.default;
};
