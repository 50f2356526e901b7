import type { ProtocolName, ServiceModel } from "../model.ts";
import { Cbor } from "./cbor.ts";
import { JsonRpc } from "./json-rpc.ts";
import type { Protocol } from "./protocol.ts";
import { Ec2Query, Query } from "./query.ts";
import { RestJson } from "./rest-json.ts";
import { RestXml } from "./rest-xml.ts";

function create(name: ProtocolName, model: ServiceModel): Protocol {
  switch (name) {
    case "awsJson1_0":
      return new JsonRpc(model, "1.0");
    case "awsJson1_1":
      return new JsonRpc(model, "1.1");
    case "awsQuery":
      return new Query(model);
    case "ec2Query":
      return new Ec2Query(model);
    case "restJson1":
      return new RestJson(model);
    case "restXml":
      return new RestXml(model);
    case "rpcv2Cbor":
      return new Cbor(model);
  }
}

/** The protocols in use, one of each for a service; a service may be spoken to in several. */
export class Protocols {
  readonly #byModel = new Map<ServiceModel, Map<ProtocolName, Protocol>>();

  of(model: ServiceModel, name: ProtocolName): Protocol {
    const known = this.#byModel.get(model)?.get(name);
    if (known !== undefined) return known;
    const protocol = create(name, model);
    this.#byModel.set(model, (this.#byModel.get(model) ?? new Map()).set(name, protocol));
    return protocol;
  }
}
