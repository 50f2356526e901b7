import { present } from "../../kernel/json.ts";
import { alreadyExists, attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import { archiveArn, archives, changeArchive, newArchive } from "./archive.ts";
import { busArn } from "./bus.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-archive.html; its id is its name. */
export const archiveResource: ResourceType<Readonly<Record<string, any>>> = {
  type: "AWS::Events::Archive",
  ensure: (scope, declared, id, { generatedName, logicalId }) =>
    attempt(scope, () => {
      const name: string = id ?? declared["ArchiveName"] ?? nameWithin(48, generatedName, logicalId);
      if (id === undefined && archives.get(scope, name) !== undefined) return alreadyExists("AWS::Events::Archive", name);
      if (id === undefined) newArchive(scope, name, declared["SourceArn"]);
      const { Description, EventPattern: pattern, RetentionDays = 0, KmsKeyIdentifier } = declared;
      const EventPattern = pattern === undefined || typeof pattern === "string" ? pattern : JSON.stringify(pattern);
      changeArchive(scope, name, { Description, EventPattern, RetentionDays: Number(RetentionDays), KmsKeyIdentifier });
      return name;
    }),
  read(scope, id) {
    const archive = archives.get(scope, id);
    if (archive === undefined) return undefined;
    return present({
      ArchiveName: id,
      Arn: archiveArn(scope, id),
      SourceArn: busArn(scope, archive.bus),
      Description: archive.description,
      EventPattern: archive.pattern && JSON.parse(archive.pattern),
      RetentionDays: archive.retentionDays,
      KmsKeyIdentifier: archive.keyId,
    });
  },
  remove(scope, id) {
    archives.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) => archives.list(scope).map(({ id }) => id),
};
