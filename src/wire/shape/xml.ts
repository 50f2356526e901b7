import { XmlShapeDeserializer, XmlShapeSerializer } from "@aws-sdk/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";
import { Malformed } from "../errors.ts";
import { renamed } from "../model.ts";

const settings = (xmlNamespace: string | undefined) => ({
  timestampFormat: { useTrait: true, default: 5 as const },
  httpBindings: true,
  serviceNamespace: "",
  xmlNamespace,
});

const PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** XML as its shape and back, by the SDK's own codec. */
export class Xml {
  readonly #reader: XmlShapeDeserializer;
  readonly #writer: XmlShapeSerializer;
  readonly #bareWriter: XmlShapeSerializer;

  constructor(xmlNamespace: string) {
    this.#reader = new XmlShapeDeserializer(settings(xmlNamespace) as never);
    this.#writer = new XmlShapeSerializer(settings(xmlNamespace || undefined) as never);
    this.#bareWriter = new XmlShapeSerializer(settings(undefined) as never);
  }

  read(schema: NormalizedSchema, body: Buffer): unknown {
    try {
      return this.#reader.read(schema, body);
    } catch {
      throw new Malformed("The XML you provided was not well-formed or did not validate against our published schema");
    }
  }

  /** A whole document, its root named after the shape and in the service's namespace. */
  document(schema: NormalizedSchema, value: unknown): string {
    this.#writer.write(schema, value);
    return PROLOGUE + this.#writer.flush();
  }

  /** One element of the given name, without a namespace of its own. */
  element(name: string, schema: NormalizedSchema, value: unknown): string {
    this.#bareWriter.write(renamed(schema, name), value);
    return String(this.#bareWriter.flush());
  }

  /** What is inside the element. */
  content(schema: NormalizedSchema, value: unknown): string {
    const element = this.element("x", schema, value);
    return element.endsWith("/>") ? "" : element.slice(element.indexOf(">") + 1, element.lastIndexOf("</"));
  }
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "\r": "&#xD;" };

/** Text as it may stand in an element. */
export const escapeXml = (text: string): string => text.replace(/[&<>"'\r]/g, (character) => ESCAPES[character]!);
