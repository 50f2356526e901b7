/** What a filter wants: at least one pattern matches, if there are any, and none that excludes. */
export interface Patterns {
  readonly includes?: readonly string[] | undefined;
  readonly excludes?: readonly string[] | undefined;
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/syntax-glob.html */
export function passesPatterns({ includes, excludes = [] }: Patterns, text: string): boolean {
  if (excludes.some((pattern) => matchesGlob(pattern, text))) return false;
  return includes === undefined || includes.some((pattern) => matchesGlob(pattern, text));
}

/** The patterns of files that exclude count where every file is excluded. */
export const someFilePasses = (patterns: Patterns, files: readonly string[]): boolean =>
  files.some((file) => passesPatterns(patterns, file));

export function matchesGlob(pattern: string, text: string): boolean {
  try {
    return new RegExp(`^${regexOf(pattern)}$`).test(text);
  } catch {
    return false;
  }
}

const TOKEN = /\*\*|\*|\?|\{|\}|,|\[!?[^\]]*\]|\\.|[^*?{},[\\]+|[[\\]/g;

/** As Java's: ** crosses slashes, * and ? do not, {a,b} is one of them. */
function regexOf(pattern: string): string {
  let depth = 0;
  const parts = [...pattern.matchAll(TOKEN)].map(([token]) => {
    if (token === "**") return ".*";
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    if (token === "{") {
      depth++;
      return "(?:";
    }
    if (token === "}" && depth > 0) {
      depth--;
      return ")";
    }
    if (token === "," && depth > 0) return "|";
    if (token.startsWith("[") && token.length > 1) return token.replace(/^\[!/, "[^");
    return token.replace(/^\\(?=.)/, "").replaceAll(/[\\^$.|+()[\]{}*?]/g, "\\$&");
  });
  return parts.join("");
}
