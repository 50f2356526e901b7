/** The variables that an action's configuration may name, by namespace. */
export type Namespaces = Readonly<Record<string, Readonly<Record<string, string>>>>;

const REFERENCE = /#\{([^.{}]+)\.([^{}]+)\}/g;

/** The configuration with the variables' values in it, or the reference to one that there is not. */
export type Resolved = { readonly configuration: Readonly<Record<string, string>> } | { readonly unknown: string };

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html */
export function resolveConfiguration(configuration: Readonly<Record<string, string>>, namespaces: Namespaces): Resolved {
  let unknown: string | undefined;
  const valueFor = (reference: string, namespace: string, name: string): string => {
    const value = namespaces[namespace]?.[name];
    if (value === undefined) unknown ??= reference;
    return value ?? reference;
  };
  const resolved = Object.entries(configuration).map(([key, text]) => [key, text.replace(REFERENCE, valueFor)]);
  return unknown === undefined ? { configuration: Object.fromEntries(resolved) } : { unknown };
}

/** The variables that a text refers to. */
export const referencesIn = (text: string): { readonly namespace: string; readonly name: string; readonly reference: string }[] =>
  [...text.matchAll(REFERENCE)].map(([whole, namespace, name]) => ({ namespace: namespace!, name: name!, reference: whole.slice(2, -1) }));
