import { operation } from "../../kernel/operation.ts";
import { type ActionType, ListActionTypes$ } from "../../sdk/codepipeline.js";
import { actionProviders } from "./actions/index.ts";
import type { ActionProvider } from "./provider.ts";

export const listActionTypes = operation(
  ListActionTypes$,
  (_, { actionOwnerFilter }) => ({
    actionTypes: actionProviders.filter(({ type }) => actionOwnerFilter === undefined || type.owner === actionOwnerFilter).map(shown),
  }),
  { partial: "the types that are implemented" },
);

const shown = ({ type, inputs, outputs, properties }: ActionProvider): ActionType => ({
  id: { ...type },
  settings: {},
  actionConfigurationProperties: properties.map(({ name, required = false, secret = false }) => ({
    name,
    required,
    secret,
    key: true,
    queryable: false,
  })),
  inputArtifactDetails: { minimumCount: inputs[0], maximumCount: inputs[1] },
  outputArtifactDetails: { minimumCount: outputs[0], maximumCount: outputs[1] },
});
