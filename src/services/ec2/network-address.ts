import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { addressAt, parseCidr } from "./cidr.ts";

/** An address of a subnet that something has, as `subnet address`. */
interface NetworkAddress extends Row {
  readonly address: string;
  /** The id of what has it. */
  readonly holder: string;
}

export const networkAddresses = new Table<NetworkAddress>("ec2/network-address");

/** How many addresses of a subnet are taken. */
export const addressesIn = (scope: Scope, subnetId: string): number => networkAddresses.list(scope, `${subnetId} `).length;

/** Take the first free address of a subnet, or the one that is wanted; undefined where there is none. */
export function takeAddress(scope: Scope, { id, cidr }: { id: string; cidr: string }, holder: string, wanted?: string): string | undefined {
  const block = parseCidr(cidr)!;
  const taken = new Set(networkAddresses.list(scope, `${id} `).map(({ address }) => address));
  // The first four and the last are AWS's own.
  for (let at = block.first + 4; at < block.first + block.size - 1; at++) {
    const address = addressAt(at);
    if (taken.has(address) || (wanted !== undefined && wanted !== address)) continue;
    networkAddresses.put(scope, { id: `${id} ${address}`, address, holder });
    return address;
  }
  return undefined;
}

export const releaseAddress = (scope: Scope, subnetId: string, address: string): void =>
  networkAddresses.remove(scope, `${subnetId} ${address}`);
