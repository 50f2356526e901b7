import type { Section } from "./draft.ts";

export function useTemplates(_id: string, _properties: Section): void {}
