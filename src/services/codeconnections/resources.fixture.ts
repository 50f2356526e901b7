import type { ResourceExample } from "../../testing/resource-example.ts";
import type { World } from "../../testing/world.ts";
import { keyArn, putKeys } from "../kms/key.fixture.ts";
import { connections } from "./connection.ts";
import { hosts } from "./host.ts";
import { repositoryLinks, updateRepositoryLink } from "./repository-link.ts";
import { updateSyncConfiguration } from "./sync-configuration.ts";
import { tagResource } from "./tag.ts";

const CONNECTION = "11111111-1111-4111-8111-111111111111";
const OTHER = "22222222-2222-4222-8222-222222222222";
const LINK = "33333333-3333-4333-8333-333333333333";
const LATER = "44444444-4444-4444-8444-444444444444";

const connectionArn = (id: string): string => `arn:aws:codestar-connections:eu-west-1:111122223333:connection/${id}`;

/** Connections whose handshake is complete. */
const connected = (cloud: World): void =>
  cloud.change((scope) => {
    for (const id of [CONNECTION, OTHER]) {
      const server = { type: "codecommit" as const };
      connections.put(scope, {
        id,
        prefix: "codestar-connections",
        name: id,
        providerType: "GitHub",
        status: "AVAILABLE",
        server,
        tags: {},
      });
    }
  });

const linked = (cloud: World): void => {
  connected(cloud);
  cloud.change((scope) => {
    for (const [id, repositoryName] of [
      [LINK, "shop"],
      [LATER, "store"],
    ] as const) {
      const link = { connectionArn: connectionArn(CONNECTION), providerType: "GitHub" as const, ownerId: "acme", repositoryName, tags: {} };
      repositoryLinks.put(scope, { id, prefix: "codestar-connections", ...link });
    }
  });
};

const connectionExamples = ["AWS::CodeConnections::Connection", "AWS::CodeStarConnections::Connection"].flatMap(
  (type): ResourceExample[] => [
    {
      type,
      properties: { ConnectionName: "hub", ProviderType: "GitHub", Tags: [{ Key: "a", Value: "b" }] },
      updates: [{ Tags: [{ Key: "a", Value: "c" }] }],
      byHand: {
        "/Tags/0/Value": (cloud, ResourceArn) => cloud.call(tagResource.current, { ResourceArn, Tags: [{ Key: "a", Value: "by hand" }] }),
      },
    },
    {
      type,
      before: (cloud) =>
        cloud.change((scope) =>
          hosts.put(scope, {
            id: "forge-1",
            prefix: "codeconnections",
            name: "forge",
            providerType: "GitLabSelfManaged",
            providerEndpoint: "http://127.0.0.1:3000",
            status: "AVAILABLE",
            tags: {},
          }),
        ),
      properties: { ConnectionName: "hub", HostArn: "arn:aws:codeconnections:eu-west-1:111122223333:host/forge-1" },
    },
  ],
);

export const connectionsExamples: readonly ResourceExample[] = [
  ...connectionExamples,
  {
    type: "AWS::CodeStarConnections::RepositoryLink",
    before: (cloud) => {
      connected(cloud);
      putKeys(cloud, "a", "b");
    },
    properties: {
      ConnectionArn: connectionArn(CONNECTION),
      OwnerId: "acme",
      RepositoryName: "shop",
      EncryptionKeyArn: keyArn("a"),
      Tags: [{ Key: "a", Value: "b" }],
    },
    updates: [{ ConnectionArn: connectionArn(OTHER) }, { EncryptionKeyArn: keyArn("b") }, { Tags: [{ Key: "a", Value: "c" }] }],
    byHand: {
      "/ConnectionArn": (cloud, arn) =>
        cloud.call(updateRepositoryLink.current, { RepositoryLinkId: arn.split("/")[1], ConnectionArn: connectionArn(OTHER) }),
    },
  },
  {
    type: "AWS::CodeStarConnections::SyncConfiguration",
    before: linked,
    properties: {
      ResourceName: "other",
      SyncType: "CFN_STACK_SYNC",
      Branch: "main",
      ConfigFile: "deploy.yaml",
      RepositoryLinkId: LINK,
      RoleArn: "arn:aws:iam::111122223333:role/sync",
      PublishDeploymentStatus: "ENABLED",
      TriggerResourceUpdateOn: "FILE_CHANGE",
    },
    updates: [
      { Branch: "next" },
      { ConfigFile: "other.yaml" },
      { RepositoryLinkId: LATER },
      { RoleArn: "arn:aws:iam::111122223333:role/other" },
      { PublishDeploymentStatus: "DISABLED" },
      { TriggerResourceUpdateOn: "ANY_CHANGE" },
    ],
    byHand: {
      "/Branch": (cloud) =>
        cloud.call(updateSyncConfiguration.current, { ResourceName: "other", SyncType: "CFN_STACK_SYNC", Branch: "by-hand" }),
    },
  },
];
