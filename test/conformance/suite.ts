import {readFileSync} from 'node:fs';

/** A name that the peer must carry. */
export interface PeerName {
  readonly kind: string;
  readonly value: string;
}

/** RFC 5280 section 6.1.1 inputs; suites that say nothing about policies leave them out. */
export interface PolicyInputs {
  readonly initialPolicySet: readonly string[];
  readonly explicitPolicy: boolean;
  readonly inhibitMapping: boolean;
  readonly inhibitAny: boolean;
}

/** One case of a path-validation suite, in the JSON that public suites share. Certificates and CRLs are PEM. */
export interface Case {
  readonly id: string;
  readonly class?: string;
  readonly validation_kind: 'CLIENT' | 'SERVER';
  readonly trusted_certs: readonly string[];
  readonly untrusted_intermediates: readonly string[];
  readonly peer_certificate: string;
  readonly crls?: readonly string[] | null;
  readonly validation_time: string | null;
  readonly max_chain_depth?: number | null;
  readonly key_usage: readonly string[];
  readonly extended_key_usage: readonly string[];
  readonly signature_algorithms: readonly string[];
  readonly expected_peer_name?: PeerName | null;
  readonly expected_peer_names?: readonly PeerName[] | null;
  readonly policies?: PolicyInputs;
  readonly expected_result: Result;
}

export type Result = 'SUCCESS' | 'FAILURE';

/** Reads the cases of a suite. The files are chosen by whoever runs this; a field that is missing shows as a crash. */
export function readSuite(file: string): readonly Case[] {
  const {testcases} = JSON.parse(readFileSync(file, 'utf8')) as {readonly testcases: readonly Case[]};
  return testcases;
}
