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

const amazonLinux2023 = (architecture: PublicImage["architecture"]): PublicImage => ({
  name: `al2023-ami-2023.9.20251105.0-kernel-6.1-${architecture}`,
  description: `Amazon Linux 2023 AMI 2023.9.20251105.0 ${architecture} HVM kernel-6.1`,
  vendor: "amazon",
  architecture,
  createdAt: "2025-11-05T18:00:00.000Z",
  parameters: [
    "al2023-ami-kernel-default",
    "al2023-ami-kernel-6.1",
    "al2023-ami-minimal-kernel-default",
    "al2023-ami-minimal-kernel-6.1",
  ].map((name) => `${LATEST}/${name}-${architecture}`),
});

const amazonLinux2 = (architecture: PublicImage["architecture"]): PublicImage => ({
  name: `amzn2-ami-hvm-2.0.20251105.0-${architecture}-gp2`,
  description: `Amazon Linux 2 AMI 2.0.20251105.0 ${architecture} HVM gp2`,
  vendor: "amazon",
  architecture,
  createdAt: "2025-11-05T18:00:00.000Z",
  parameters: ["amzn2-ami-hvm", "amzn2-ami-kernel-5.10-hvm"].map((name) => `${LATEST}/${name}-${architecture}-gp2`),
});

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
  amazonLinux2023("x86_64"),
  amazonLinux2023("arm64"),
  amazonLinux2("x86_64"),
  amazonLinux2("arm64"),
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
