import { operation } from "../../kernel/operation.ts";
import { type EnvironmentPlatform, ListCuratedEnvironmentImages$ } from "../../sdk/codebuild.js";

type Platform = NonNullable<EnvironmentPlatform["platform"]>;

/** https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html: platform, what it is, and its images. */
const IMAGES: readonly (readonly [Platform, string, readonly string[]])[] = [
  ["AMAZON_LINUX", "AWS CodeBuild - Amazon Linux 2023 for x86_64", ["aws/codebuild/amazonlinux-x86_64-standard:5.0"]],
  ["AMAZON_LINUX", "AWS CodeBuild - Amazon Linux 2023 for aarch64", ["aws/codebuild/amazonlinux-aarch64-standard:3.0"]],
  [
    "UBUNTU",
    "AWS CodeBuild - Ubuntu 20.04, 22.04",
    ["aws/codebuild/standard:5.0", "aws/codebuild/standard:6.0", "aws/codebuild/standard:7.0"],
  ],
  ["WINDOWS_SERVER", "AWS CodeBuild - Windows Server Core 2019", ["aws/codebuild/windows-base:2019-3.0"]],
];

/** The names are AWS's; builds run on this machine whatever image they name. */
export const listCuratedEnvironmentImages = operation(ListCuratedEnvironmentImages$, () => ({
  platforms: [...new Set(IMAGES.map(([platform]) => platform))].map((platform) => ({
    platform,
    languages: [
      {
        language: "BASE" as const,
        images: IMAGES.filter(([own]) => own === platform).flatMap(([, description, names]) =>
          names.map((name) => ({ name, description, versions: [name] })),
        ),
      },
    ],
  })),
}));
