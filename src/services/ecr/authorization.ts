import { idsFrom } from "../../kernel/id.ts";
import { operation } from "../../kernel/operation.ts";
import { GetAuthorizationToken$ } from "../../sdk/ecr.js";

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html: good for twelve hours. */
const TOKEN_MS = 12 * 3_600_000;

export const getAuthorizationToken = operation(
  GetAuthorizationToken$,
  (scope, { registryIds }) => {
    const expiresAt = new Date(scope.clock.now() + TOKEN_MS);
    const tokens = (registryIds ?? [scope.account]).map((account) => ({
      authorizationToken: Buffer.from(`AWS:${passwordOf(`${scope.settings.seed} ecr ${account} ${scope.region}`)}`).toString("base64"),
      expiresAt,
      proxyEndpoint: `https://${account}.dkr.ecr.${scope.region}.amazonaws.com`,
    }));
    return { authorizationData: tokens };
  },
  { partial: "there is no registry yet that would take the token" },
);

const passwordOf = (text: string): string => idsFrom(text).hex(64);
