import { type ActionTypeDeclaration, putPartnerType } from "../services/codepipeline/api.ts";
import { type Endpoint, Refusal } from "./endpoint.ts";

/**
 * A partner's action type, which AWS takes in on request: POST its declaration, as UpdateActionType takes it. Answers what the
 * partner's workers show when they ask for the details of a job.
 */
export const actionTypesEndpoint: Endpoint = ({ kernel }, { body, partition }) => {
  const declaration = body as unknown as ActionTypeDeclaration;
  const { id, executor, inputArtifactDetails, outputArtifactDetails } = declaration;
  if (id?.owner !== "ThirdParty" || !executor || !inputArtifactDetails || !outputArtifactDetails) {
    throw new Refusal(400, 'give id (its owner is "ThirdParty"), executor, inputArtifactDetails and outputArtifactDetails');
  }
  const { clientId, clientToken } = kernel.commit(partition, (scope) => putPartnerType(scope, declaration)).partner!;
  return { actionType: id, clientId, clientToken };
};
