import { parseXML } from "@aws-sdk/xml-builder";

/** An element: its attributes and children by name, and its text. What stands once may stand for a list of one. */
export class Element {
  readonly #value: Readonly<Record<string, unknown>> | string;

  constructor(value: unknown) {
    this.#value = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : String(value ?? "");
  }

  /** The children of a name, in order. */
  all(name: string): Element[] {
    if (typeof this.#value === "string") return [];
    const found = this.#value[name];
    return (Array.isArray(found) ? found : found === undefined ? [] : [found]).map((value) => new Element(value));
  }

  /** The first child on the path, or an element without anything. */
  at(...path: readonly string[]): Element {
    return path.reduce((element: Element, name) => element.all(name)[0] ?? new Element(""), this);
  }

  has(name: string): boolean {
    return typeof this.#value !== "string" && this.#value[name] !== undefined;
  }

  get text(): string {
    return typeof this.#value === "string" ? this.#value : String(this.#value["#text"] ?? "");
  }

  /** An attribute; empty where there is none. */
  attribute(name: string): string {
    const value = typeof this.#value === "string" ? undefined : this.#value[name];
    return typeof value === "string" ? value : "";
  }

  /** An attribute as a number; 0 where it is none. */
  number(name: string): number {
    const value = Number(this.attribute(name).replaceAll(",", ""));
    return Number.isFinite(value) ? value : 0;
  }
}

/** The root of a document, under its own name. Throws where the text is no XML. */
export const readXml = (text: string): Element => new Element(parseXML(text.replace(/^\uFEFF/, "")));
