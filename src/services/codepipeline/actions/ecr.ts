import type { Scope } from "../../../kernel/scope.ts";
import { type ImageView, imageOf } from "../../ecr/api.ts";
import { toWrite } from "../permission.ts";
import { type ActionProvider, failed } from "../provider.ts";
import { zipOf } from "../zip.ts";

/** An image of a repository. https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECR.html */
export const ecrSource: ActionProvider = {
  type: { category: "Source", owner: "AWS", provider: "ECR", version: "1" },
  inputs: [0, 0],
  outputs: [1, 1],
  properties: [{ name: "RepositoryName", required: true }, { name: "ImageTag" }],
  timeoutMinutes: 60,
  needs: (scope, run) => [
    {
      action: "ecr:DescribeImages",
      resource: `arn:aws:ecr:${run.region}:${scope.account}:repository/${run.configuration["RepositoryName"]}`,
    },
    ...toWrite(scope, run),
  ],
  observe(scope, { configuration, outputs, overrides = [] }) {
    const { RepositoryName = "", ImageTag = "latest" } = configuration;
    const asked = overrides.find(({ revisionType }) => revisionType === "IMAGE_DIGEST")?.revisionValue;
    const image = imageOf(scope, RepositoryName, asked === undefined ? { imageTag: ImageTag } : { imageDigest: asked });
    if (image === undefined) {
      const what = asked === undefined ? `tag '${ImageTag}'` : `digest '${asked}'`;
      return failed("ConfigurationError", `The image with ${what} was not found in the repository '${RepositoryName}'.`);
    }
    const uri = `${image.repositoryUri}@${image.digest}`;
    const url = `https://${scope.region}.console.aws.amazon.com/ecr/repositories/${RepositoryName}/`;
    const file = Buffer.from(JSON.stringify(detailOf(scope, RepositoryName, image, uri)));
    return {
      status: "Succeeded",
      externalExecutionId: image.digest,
      externalExecutionUrl: url,
      revision: { id: image.digest, url, createdAt: image.pushedAt },
      artifacts: Object.fromEntries(outputs.map((name) => [name, scope.blobs.write(zipOf("imageDetail.json", file))])),
      variables: {
        RegistryId: scope.account,
        RepositoryName,
        // Not where somebody has said which image it is to be.
        ...(asked === undefined && { ImageTag }),
        ImageDigest: image.digest,
        ImageURI: uri,
      },
    };
  },
  entityUrl: ({ region }, { RepositoryName }) => `https://${region}.console.aws.amazon.com/ecr/repositories/${RepositoryName}/`,
};

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/file-reference.html#file-reference-ecs-bluegreen */
const detailOf = ({ account }: Scope, RepositoryName: string, { digest, tags, pushedAt, size }: ImageView, ImageURI: string) => ({
  ImageSizeInBytes: String(size),
  ImageDigest: digest,
  Version: "1.0",
  // As Java writes an instant: Mon Jan 21 20:04:00 UTC 2019.
  ImagePushedAt: new Date(pushedAt).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) (\S+) GMT$/, "$1 $3 $2 $5 UTC $4"),
  RegistryId: account,
  RepositoryName,
  ImageURI,
  ImageTags: tags,
});
