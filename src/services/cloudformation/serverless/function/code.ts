import { codeIn } from "../code-location.ts";
import { isAbsent, isTruthy, type Section } from "../draft.ts";
import { invalidResource } from "../invalid.ts";
import { display } from "../python.ts";
import type { Declared } from "../serverless-type.ts";

/** Where the code of a function is: in the template, in S3, or an image. */
export function codeOf({ id, properties }: Declared): Section {
  const { CodeUri, ImageUri, InlineCode, PackageType, SourceKMSKeyArn } = properties;
  const packaged = isTruthy(PackageType) ? PackageType : "Zip";
  if (packaged === "Image") {
    if (isAbsent(ImageUri)) throw invalidResource(id, "'ImageUri' must be set.");
    if (isTruthy(ImageUri)) return { ImageUri };
    throw invalidResource(id, "'ImageUri' requires that a image hosted at a registry be specified.");
  }
  if (packaged !== "Zip") throw invalidResource(id, `invalid 'PackageType' : ${display(packaged)}`);
  if (isAbsent(InlineCode) && isAbsent(CodeUri)) throw invalidResource(id, "Only one of 'InlineCode' or 'CodeUri' can be set.");
  const code = isAbsent(InlineCode) ? codeIn(CodeUri, id, "CodeUri") : { ZipFile: InlineCode };
  return isTruthy(SourceKMSKeyArn) ? { ...code, SourceKMSKeyArn } : code;
}
