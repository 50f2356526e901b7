import { idsFrom } from "../../kernel/id.ts";

/** A machine image that everybody may use, and the public parameters that name its newest version. */
export interface PublicImage {
  readonly name: string;
  readonly description: string;
  readonly vendor: "amazon" | "canonical";
  readonly architecture: "x86_64" | "arm64";
  readonly createdAt: string;
  readonly parameters: readonly string[];
}

const LATEST = "/aws/service/ami-amazon-linux-latest";

interface Kind {
  readonly architecture: PublicImage["architecture"];
  readonly isMinimal: boolean;
}

const KINDS: readonly Kind[] = [
  { architecture: "x86_64", isMinimal: false },
  { architecture: "arm64", isMinimal: false },
  { architecture: "x86_64", isMinimal: true },
  { architecture: "arm64", isMinimal: true },
];

function amazonLinux2023({ architecture, isMinimal }: Kind): PublicImage {
  const prefix = isMinimal ? "al2023-ami-minimal" : "al2023-ami";
  return {
    name: `${prefix}-2023.9.20251105.0-kernel-6.1-${architecture}`,
    description: `Amazon Linux 2023 AMI 2023.9.20251105.0 ${architecture}${isMinimal ? " Minimal" : ""} HVM kernel-6.1`,
    vendor: "amazon",
    architecture,
    createdAt: isMinimal ? "2025-11-05T17:00:00.000Z" : "2025-11-05T18:00:00.000Z",
    parameters: ["default", "6.1"].map((kernel) => `${LATEST}/${prefix}-kernel-${kernel}-${architecture}`),
  };
}

function amazonLinux2({ architecture, isMinimal }: Kind): PublicImage {
  const [prefix, volume] = isMinimal ? ["amzn2-ami-minimal-hvm", "ebs"] : ["amzn2-ami-hvm", "gp2"];
  const names = isMinimal ? [prefix] : [prefix, "amzn2-ami-kernel-5.10-hvm"];
  return {
    name: `${prefix}-2.0.20251105.0-${architecture}-${volume}`,
    description: `Amazon Linux 2 AMI 2.0.20251105.0 ${architecture}${isMinimal ? " Minimal" : ""} HVM ${volume}`,
    vendor: "amazon",
    architecture,
    createdAt: isMinimal ? "2025-11-05T17:00:00.000Z" : "2025-11-05T18:00:00.000Z",
    parameters: names.map((name) => `${LATEST}/${name}-${architecture}-${volume}`),
  };
}

const ubuntu = (code: string, version: string): PublicImage => ({
  name: `ubuntu/images/hvm-ssd-gp3/ubuntu-${code}-${version}-amd64-server-20251101`,
  description: `Canonical, Ubuntu, ${version}, amd64 ${code} image`,
  vendor: "canonical",
  architecture: "x86_64",
  createdAt: "2025-11-01T06:00:00.000Z",
  parameters: [`/aws/service/canonical/ubuntu/server/${version}/stable/current/amd64/hvm/ebs-gp3/ami-id`],
});

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html */
export const publicImages: readonly PublicImage[] = [
  ...KINDS.map(amazonLinux2023),
  ...KINDS.map(amazonLinux2),
  ubuntu("jammy", "22.04"),
  ubuntu("noble", "24.04"),
];

/** The same image has another id in each region. */
export const publicImageId = (region: string, name: string): string => `ami-0${idsFrom(`${region} ${name}`).hex(16)}`;

/** The image that a public parameter names, by its id in the region. */
export function imageOfParameter(region: string, parameter: string): { id: string; createdAt: number } | undefined {
  const image = publicImages.find(({ parameters }) => parameters.includes(parameter));
  return image && { id: publicImageId(region, image.name), createdAt: Date.parse(image.createdAt) };
}
